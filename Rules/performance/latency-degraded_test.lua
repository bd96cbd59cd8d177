local function request(duration, status)
  return { service = "search", route = "/search", method = "GET", status = status or 200, duration_ms = duration }
end

test("a route that takes four times as long fires after a minute", function(t)
  t:feed(function(i) return request(80 + i % 40) end):times(600):every("2s")
  t:expect_quiet()
  t:feed(function(i) return request(400 + i % 100) end):times(240):every("2s")
  t:expect {
    fires = 1, severity = "high", where = { service = "search", route = "/search" },
    value = { at_least = 350, at_most = 520 }, expected = { at_least = 80, at_most = 130 },
  }
end)

test("it is over when the route is fast again", function(t)
  t:feed(request(100)):times(600):every("2s")
  t:feed(request(500)):times(200):every("2s")
  t:feed(request(100)):times(600):every("2s")
  t:expect { fires = 1, resolved = 1 }
end)

test("a slow route that always was slow stays quiet", function(t)
  t:feed(function(i) return request(900 + i % 200) end):times(2000):every("2s")
  t:expect_quiet()
end)

test("slow server errors are left out", function(t)
  t:feed(request(100)):times(600):every("2s")
  t:feed(request(5000, 503)):times(200):every("2s")
  t:expect_quiet()
end)

test("a few slow requests stay quiet", function(t)
  t:feed(request(100)):times(600):every("2s")
  t:feed(request(5000)):times(10):every("20s")
  t:expect_quiet()
end)
