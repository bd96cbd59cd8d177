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

test("an endpoint that can't be scraped counts as well", function(t)
  local function scrape(up)
    return {
      service = "node", scrape = "node", probe = "node", probe_kind = "scrape", ok = up == 1, up = up, job = "node",
      instance = "127.0.0.1:9100", error_type = up == 0 and "refused" or nil, level = up == 1 and "info" or "error",
    }
  end
  t:feed(scrape(1)):times(3):every("15s")
  t:feed(scrape(0)):times(4):every("15s")
  t:expect { fires = 1, where = { service = "node", probe = "node" }, summary = "refused" }
  t:feed(scrape(1))
  t:advance("2m")
  t:expect { fires = 1, resolved = 1 }
end)
