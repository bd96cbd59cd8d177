local function try(status, user)
  return { service = "checkout", route = "/checkout", method = "POST", status = status, user_id = user or "usr_1",
           message = "validation failed: postal_code is not valid" }
end

test("a user whose form is refused again and again fires once", function(t)
  t:feed(try(422)):times(14):every("20s")
  t:expect { fires = 1, severity = "medium", type = "user_friction", where = { user_id = "usr_1", route = "/checkout" },
             affected_users = { "usr_1" }, count = 14 }
end)

test("a log with outcomes instead of status codes counts too", function(t)
  t:feed { event = "login", outcome = "fail", user = "amy" }:times(8):every("20s")
  t:expect { fires = 1, where = { user = "amy" } }
end)

test("a user who gets through most of the time stays quiet", function(t)
  t:feed(function(i) return try(i % 2 == 0 and 422 or 200) end):times(40):every("10s")
  t:expect_quiet()
end)

test("different users with one failure each stay quiet", function(t)
  t:feed(function(i) return try(422, "usr_" .. i) end):times(50):every("2s")
  t:expect_quiet()
end)

test("a client that asks for what is not there stays quiet", function(t)
  t:feed(try(404)):times(50):every("5s")
  t:expect_quiet()
end)
