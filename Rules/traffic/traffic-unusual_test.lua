local request = { service = "shop", route = "/cart", method = "GET", status = 200 }

-- A week of three requests in each quarter of an hour, with an hour of many after six days.
local function week(t, number)
  local hours = number * 7 * 24
  t:at(hours .. "h"):feed(request):times(12 * 24 * 6):every("5m")
  t:at(hours + 6 * 24 .. "h"):feed(request):times(720):every("5s")
  t:at(hours + 6 * 24 + 1 .. "h"):feed(request):times(12 * 23):every("5m")
end

test("many requests at a time that was calm for weeks fire once", function(t)
  t:feed(request):times(12 * 24 * 15):every("5m")
  t:expect_quiet()
  t:feed(request):times(1800):every("2s")
  t:expect {
    fires = 1, severity = "medium", type = "traffic_anomaly", where = { service = "shop" },
    value = { at_least = 200, at_most = 451 }, expected = 3, summary = "more than the usual 3",
  }
  t:advance("2h")
  t:expect { fires = 1, resolved = 1 }
end)

test("a rush that comes every week is usual", function(t)
  for number = 0, 3 do week(t, number) end
  t:expect_quiet()
end)

test("a service that falls silent fires", function(t)
  t:feed(request):times(3 * 60 * 24 * 15):every("20s")
  t:expect_quiet()
  t:advance("1h")
  t:expect { fires = 1, value = 0, expected = 45, summary = "fewer than the usual 45" }
end)

test("the first two weeks are quiet whatever happens", function(t)
  t:feed(request):times(2000):every("5m")
  t:feed(request):times(2000):every("1s")
  t:expect_quiet()
end)
