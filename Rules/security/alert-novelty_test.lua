local function usual(i)
  local names = { "Wazuh: Web server 400 error code.", "Wazuh: Dovecot Authentication Success.", "AMiner: New event type." }
  return { name = names[i % 3 + 1], host = i % 2 == 0 and "web" or "mail" }
end

local function days(t) t:feed(usual):times(1500):every("1m") end

test("a type of alert that the site never had fires once", function(t)
  days(t)
  t:expect_quiet()
  t:feed { name = "Suricata: Alert - ET SCAN Possible Nmap User-Agent Observed", host = "web" }:times(30):every("1s")
  t:expect { fires = 1, severity = "medium", type = "alert_novelty", evidence = 1, summary = "web: the first alert of its kind" }
end)

test("several alerts that are new for their machines fire, one or two do not", function(t)
  days(t)
  t:feed { name = "Wazuh: Web server 400 error code.", host = "vpn" }
  t:at("+2m"):feed { name = "AMiner: New event type.", host = "vpn" }
  t:at("+2m"):feed { name = "Suricata: Alert - ET INFO Observed DNS Query to .cloud TLD", host = "vpn" }
  t:expect_quiet()
  t:at("+2m"):feed { name = "Wazuh: Web server 400 error code.", host = "share" }
  t:expect { fires = 1, value = 4, evidence = 4, summary = "share: Wazuh: Web server 400 error code., one of 4 alerts" }
end)

test("events as Suricata and Wazuh write them are understood", function(t)
  local flow = { event_type = "alert", host = "fw", alert = { signature = "ET WEB_SERVER attack", severity = 1 } }
  local login = { rule = { description = "sshd: login failed", level = 5 }, agent = { name = "web" } }
  t:feed(flow):times(1500):every("1m")
  t:feed(login)
  t:feed { event_type = "alert", host = "fw", alert = { signature = "SURICATA TLS invalid record", severity = 3 } }
  t:expect { fires = 1, summary = "web: the first alert of its kind anywhere: sshd: login failed" }
end)

test("alerts as on every other day are quiet", function(t)
  t:feed(usual):times(6000):every("1m")
  t:expect_quiet()
end)

test("nothing is new on the first day", function(t)
  for i = 1, 20 do t:feed { name = "Wazuh: alert " .. i, host = "web" } end
  t:expect_quiet()
end)
