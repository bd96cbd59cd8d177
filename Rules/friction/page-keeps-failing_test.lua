local function action(ok, view)
  return {
    service = "shop.example.org", browser = "user-action", page = "/cart", view = view or "a1", action = "pay", ok = ok,
    error_type = not ok and "TypeError" or nil,
  }
end

test("five failures in one view fire once", function(t)
  t:feed(action(true))
  t:feed(action(false)):times(9):every("20s")
  t:expect { fires = 1, severity = "medium", where = { page = "/cart", view = "a1" }, summary = "TypeError" }
end)

test("failures of many visitors, one each, stay quiet", function(t)
  t:feed(function(i) return action(false, "v" .. i) end):times(200):every("2s")
  t:expect_quiet()
end)

test("what goes well in between begins the count anew", function(t)
  t:feed(function(i) return action(i % 4 == 0) end):times(100):every("10s")
  t:expect_quiet()
end)
