local function login(i, ip, event)
  return { event = event or "login_failed", service = "accounts", route = "/login", status = 401, user_id = "usr_" .. i, src_ip = ip }
end

test("one address that tries many accounts fires", function(t)
  t:feed(function(i) return login(i, "203.0.113.9") end):times(40):every("4s")
  t:expect { fires = 1, severity = "high", where = { src_ip = "203.0.113.9" }, affected_users = { "usr_8", "usr_40" }, count = { at_least = 33 } }
end)

test("SSH as many users counts", function(t)
  t:feed(function(i) return { event = "ssh.login_failed", outcome = "fail", user = "u" .. i, src_ip = "203.0.113.9" } end):times(10):every("9s")
  t:expect { fires = 1 }
end)

test("one account tried again and again is another rule's matter", function(t)
  t:feed(function(_) return login(1, "203.0.113.9") end):times(40):every("4s")
  t:expect_quiet()
end)

test("people who mistype from their own addresses stay quiet", function(t)
  t:feed(function(i) return login(i, "192.0.2." .. i % 200) end):times(150):every("3s")
  t:expect_quiet()
end)
