local function failures(count, seconds)
  local lines = {}
  for i = 0, count - 1 do
    local at = i * seconds
    lines[#lines + 1] = ("Jan  1 00:%02d:%02d bastion sshd[%d]: Failed password for invalid user admin from 203.0.113.9 port 4%04d ssh2")
      :format(at // 60, at % 60, 1000 + i, i)
  end
  return { text = table.concat(lines, "\n") .. "\n", format = "syslog", year = 2026 }
end

test("guessing fast fires once, at the fifth failure", function(t)
  t:replay(failures(20, 3))
  t:expect { fires = 1, severity = "high", where = { src_ip = "203.0.113.9" }, value = { at_least = 5 }, count = 20 }
end)

test("three tries as users that do not exist are enough", function(t)
  local text = ""
  for i, user in ipairs { "oracle", "git", "test" } do
    text = text .. ("Jan  1 00:00:%02d bastion sshd[%d]: Invalid user %s from 203.0.113.9 port 50\n"):format(i * 5, i, user)
      .. ("Jan  1 00:00:%02d bastion sshd[%d]: Failed password for invalid user %s from 203.0.113.9 port 50 ssh2\n"):format(i * 5 + 2, i, user)
  end
  t:replay { text = text, format = "syslog", year = 2026 }
  t:expect { fires = 1, count = 6 }
end)

test("a person who mistypes twice and then logs in stays quiet", function(t)
  t:replay {
    text = "Jan  1 00:00:01 bastion sshd[7]: Failed password for sam from 192.0.2.4 port 50 ssh2\n"
      .. "Jan  1 00:00:09 bastion sshd[7]: Failed password for sam from 192.0.2.4 port 50 ssh2\n"
      .. "Jan  1 00:00:19 bastion sshd[7]: Accepted password for sam from 192.0.2.4 port 50 ssh2\n"
      .. "Jan  1 00:40:19 bastion sshd[7]: Disconnected from user sam 192.0.2.4 port 50\n",
    format = "syslog", year = 2026,
  }
  t:expect_quiet()
end)

test("four failures in a minute stay quiet", function(t)
  t:replay(failures(4, 10))
  t:expect_quiet()
end)
