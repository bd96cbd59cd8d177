local function post(status, path, ip)
  return { src_ip = ip or "203.0.113.9", method = "POST", route = path or "/api/login", status = status }
end

test("a login that refuses again and again fires", function(t)
  t:feed(post(401)):times(20):every("5s")
  t:expect { fires = 1, severity = "high", where = { src_ip = "203.0.113.9" }, summary = "/api/login" }
end)

test("WordPress counts although it answers 200", function(t)
  t:feed(post(200, "/wp-login.php")):times(6):every("5s")
  t:expect { fires = 1 }
end)

test("a person who mistypes three times stays quiet", function(t)
  t:feed(post(401)):times(3):every("10s")
  t:feed(post(200)):times(1)
  t:expect_quiet()
end)

test("logins that go well stay quiet", function(t)
  t:feed(post(200)):times(100):every("1s")
  t:expect_quiet()
end)
