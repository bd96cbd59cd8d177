local function line(day, time, command)
  return ("Jan %2d %s web1 CRON[%d]: (root) CMD (%s)\n"):format(day, time, 1000 + day, command)
end

local function nights(last)
  local text = ""
  for day = 1, last do text = text .. line(day, "03:10:01", "/usr/local/bin/backup") end
  return text
end

test("a command that cron started every night is missed after a night without it", function(t)
  t:replay { text = nights(5) .. line(7, "12:00:01", "/usr/bin/other"), format = "syslog", year = 2026 }
  t:expect { fires = 1, severity = "medium", where = { command = "/usr/local/bin/backup" }, summary = "24h30m" }
end)

test("a command of the roster is missed although cron never started it", function(t)
  t:params { commands = "/usr/local/bin/rotate" }
  t:replay { text = nights(3), format = "syslog", year = 2026 }
  t:expect { fires = 1, where = { command = "/usr/local/bin/rotate" } }
end)

test("a command that cron starts every night stays quiet", function(t)
  t:replay { text = nights(20), format = "syslog", year = 2026 }
  t:expect_quiet()
end)

test("a command of a changed crontab that ran twice stays quiet", function(t)
  t:replay { text = line(1, "03:10:01", "/tmp/once") .. line(2, "03:10:01", "/tmp/once") .. line(9, "03:10:01", "/bin/true"),
             format = "syslog", year = 2026 }
  t:expect_quiet()
end)
