local function pg(up) return { service = "orders-db", scrape = "pg", instance = "db:9187", pg_up = up } end

test("three scrapes in a row that say it is down fire once, and the first good one ends it", function(t)
  t:feed(pg(1)):times(5):every("30s")
  t:feed(pg(0)):times(6):every("30s")
  t:expect { fires = 1, severity = "high", where = { service = "orders-db", instance = "db:9187" } }
  t:feed(pg(1))
  t:advance("2m")
  t:expect { fires = 1, resolved = 1 }
end)

test("a dependency of your own is told by its label", function(t)
  for _ = 1, 5 do
    t:feed { service = "shop", scrape = "shop", instance = "a", dependency = "payments", dependency_up = 0 }
    t:feed { service = "shop", scrape = "shop", instance = "a", dependency = "mail", dependency_up = 1 }
    t:at("+30s")
  end
  t:expect { fires = 1, where = { dependency = "payments" } }
end)

test("one that fails now and then stays quiet", function(t)
  for _ = 1, 50 do
    t:feed(pg(0)):times(2):every("30s")
    t:feed(pg(1))
    t:at("+30s")
  end
  t:expect_quiet()
end)
