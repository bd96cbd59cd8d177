local function try(pid)
  return { event = "ssh.login_failed", outcome = "fail", service = "sshd", src_ip = "203.0.113.9", user = "root", pid = pid }
end

test("a try every twenty minutes fires within six hours", function(t)
  t:feed(try):times(17):every("20m")
  t:expect { fires = 1, severity = "medium", where = { src_ip = "203.0.113.9" }, summary = "within six hours" }
end)

test("a try every hour stays quiet", function(t)
  t:feed(try):times(48):every("1h")
  t:expect_quiet()
end)

test("two lines about one try count once", function(t)
  for i = 1, 8 do
    t:feed { event = "ssh.invalid_user", outcome = "fail", service = "sshd", src_ip = "203.0.113.9", user = "oracle", pid = i }
    t:feed(try(i))
    t:at("+15m")
  end
  t:expect_quiet()
end)
