local function connection(ip)
  return { event = "ssh.no_identification", service = "sshd", src_ip = ip, message = "Did not receive identification string" }
end

test("a scanner that keeps connecting fires", function(t)
  t:feed(connection("203.0.113.9")):times(8):every("30s")
  t:expect { fires = 1, severity = "low", where = { src_ip = "203.0.113.9" } }
end)

test("timeouts as sshd writes them count", function(t)
  local text = ""
  for i = 1, 6 do
    text = text .. ("Jan  1 00:0%d:00 bastion sshd[90%d]: fatal: Timeout before authentication for 203.0.113.9 port 44%d\n"):format(i, i, i)
  end
  t:replay { text = text, format = "syslog", year = 2026 }
  t:expect { fires = 1 }
end)

test("tries that end without a login count where only keys are accepted", function(t)
  local text = ""
  for i = 1, 6 do
    text = text .. ("Jan  1 00:00:0%d bastion sshd[70%d]: Connection closed by authenticating user root 203.0.113.9 port 50%d [preauth]\n"):format(i, i, i)
  end
  t:replay { text = text, format = "syslog", year = 2026 }
  t:expect { fires = 1 }
end)

test("the ends of ordinary sessions stay quiet", function(t)
  local text = ""
  for i = 1, 9 do
    text = text .. ("Jan  1 00:00:0%d bastion sshd[70%d]: Disconnected from user sam 192.0.2.4 port 50%d\n"):format(i, i, i)
  end
  t:replay { text = text, format = "syslog", year = 2026 }
  t:expect_quiet()
end)

test("one connection each of many addresses stays quiet", function(t)
  t:feed(function(i) return connection("192.0.2." .. i) end):times(60):every("5s")
  t:expect_quiet()
end)
