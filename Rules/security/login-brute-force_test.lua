test("a mail server's failed logins fire", function(t)
  local text = ""
  for i = 1, 8 do
    text = text .. ("Jan  1 00:00:%02d mail dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<amy>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.1\n"):format(i * 5)
  end
  t:replay { text = text, format = "syslog", year = 2026 }
  t:expect { fires = 1, where = { src_ip = "203.0.113.9", service = "dovecot" } }
end)

test("an application that names the event counts", function(t)
  t:feed { event = "login_failed", service = "accounts", src_ip = "203.0.113.9", user_id = "usr_1" }:times(6):every("20s")
  t:expect { fires = 1, where = { service = "accounts" } }
end)

test("a person who mistypes three times stays quiet", function(t)
  t:feed { event = "login_failed", service = "accounts", src_ip = "192.0.2.7", user_id = "usr_1" }:times(3):every("10s")
  t:expect_quiet()
end)
