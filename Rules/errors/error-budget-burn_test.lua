local function request(i, every)
  return { service = "pay", route = "/charge", method = "POST", status = every > 0 and i % every == 0 and 503 or 200 }
end

test("two percent of failures in an hour fire the fast window", function(t)
  t:feed(function(i) return request(i, 50) end):times(1800):every("2s")
  t:expect {
    at_least = 1, at_most = 1, severity = "critical", type = "error_budget_burn", where = { service = "pay" },
    value = { at_least = 14.4, at_most = 25 }, evidence = { at_least = 1, at_most = 3 },
  }
end)

test("eight in a thousand for hours fire the slow window only", function(t)
  t:feed(function(i) return request(i, 0) end):times(1000):every("2s")
  t:feed(function(i) return request(i, 125) end):times(7000):every("2s")
  t:expect { fires = 1, severity = "high", value = { at_least = 6, at_most = 10 } }
end)

test("it ends within an hour after the failures", function(t)
  t:feed(function(i) return request(i, 10) end):times(1000):every("2s")
  t:feed(function(i) return request(i, 0) end):times(1500):every("2s")
  t:expect { fires = 1, resolved = 1 }
end)

test("one failure in two thousand stays quiet", function(t)
  t:feed(function(i) return request(i, 2000) end):times(20000):every("1s")
  t:expect_quiet()
end)

test("a few failures of a service that is hardly used stay quiet", function(t)
  t:feed(function(i) return request(i, 4) end):times(60):every("1m")
  t:expect_quiet()
end)
