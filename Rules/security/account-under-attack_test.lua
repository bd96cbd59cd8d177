local function login(i, user)
  return { event = "login_failed", service = "accounts", route = "/login", status = 401, user_id = user, src_ip = "203.0.113." .. i }
end

test("many addresses on one account fire", function(t)
  t:feed(function(i) return login(i, "usr_7") end):times(12):every("10s")
  t:expect { fires = 1, severity = "high", where = { account = "usr_7" }, affected_users = { "usr_7" }, summary = "as usr_7" }
end)

test("an access log with the user in its path of login counts", function(t)
  t:feed(function(i) return { status = 401, route = "/api/login", user = "amy", src_ip = "203.0.113." .. i } end):times(9):every("9s")
  t:expect { fires = 1, where = { account = "amy" } }
end)

test("one person on a few addresses stays quiet", function(t)
  t:feed(function(i) return login(i % 3, "usr_7") end):times(20):every("10s")
  t:expect_quiet()
end)

test("names that every botnet tries stay quiet", function(t)
  t:feed(function(i) return { event = "ssh.login_failed", outcome = "fail", user = "root", src_ip = "203.0.113." .. i } end):times(50):every("9s")
  t:expect_quiet()
end)
