local function probe(ok)
  return {
    service = "shop", probe = "shop-web", probe_kind = "http", ok = ok, duration_ms = ok and 12.5 or 5000,
    error_type = not ok and "timeout" or nil, level = ok and "info" or "error", message = "the probe shop-web",
  }
end

test("three failures in a row fire, and the first answer ends it", function(t)
  t:feed(probe(true)):times(5):every("30s")
  t:feed(probe(false)):times(6):every("30s")
  t:expect { fires = 1, severity = "critical", where = { service = "shop", probe = "shop-web" }, summary = "timeout" }
  t:feed(probe(true))
  t:advance("2m")
  t:expect { fires = 1, resolved = 1 }
end)

test("a probe that runs every quarter of an hour counts as well", function(t)
  t:feed(probe(false)):times(3):every("15m")
  t:expect { fires = 1 }
end)

test("two failures, an answer, and two failures stay quiet", function(t)
  for _ = 1, 20 do
    t:feed(probe(false)):times(2):every("30s")
    t:feed(probe(true))
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("what fails is not counted together with another probe", function(t)
  for i = 1, 2 do
    t:feed(probe(false))
    t:feed { service = "shop", probe = "shop-db", probe_kind = "postgres", ok = false, error_type = "refused" }
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("a log that happens to say ok = false is no probe", function(t)
  t:feed { service = "shop", ok = false, probe = "liveness", message = "checked" }:times(10):every("10s")
  t:expect_quiet()
end)
