local function request(level)
  return function(i) return { service = "search", route = "/s", status = 200, duration_ms = level + i * 7919 % 20 } end
end

test("a level that rises by half and stays fires once", function(t)
  t:feed(request(100)):times(3600):every("1s")
  t:expect_quiet()
  t:feed(request(160)):times(1800):every("1s")
  t:expect {
    fires = 1, severity = "medium", type = "latency_change_point", where = { service = "search" },
    value = { at_least = 150, at_most = 190 }, expected = { at_least = 100, at_most = 130 },
  }
end)

test("it is over when the old level is back", function(t)
  t:feed(request(100)):times(3600):every("1s")
  t:feed(request(200)):times(900):every("1s")
  t:feed(request(100)):times(3600):every("1s")
  t:expect { fires = 1, resolved = 1 }
end)

test("one slow minute stays quiet", function(t)
  t:feed(request(100)):times(3600):every("1s")
  t:feed(request(900)):times(50):every("1s")
  t:feed(request(100)):times(1800):every("1s")
  t:expect_quiet()
end)

test("latency that was always noisy stays quiet", function(t)
  t:feed(function(i)
    return { service = "search", route = "/s", status = 200, duration_ms = 50 + i * 7919 % 97 * (1 + i // 60 * 31 % 7) }
  end):times(9000):every("1s")
  t:expect_quiet()
end)
