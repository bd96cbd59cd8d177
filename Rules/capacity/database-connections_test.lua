local function activity(state, value)
  return { service = "orders-db", scrape = "pg", instance = "db:9187", datname = "orders", state = state, pg_stat_activity_count = value }
end

local function limit(value) return { service = "orders-db", scrape = "pg", instance = "db:9187", pg_settings_max_connections = value } end

test("ninety of a hundred connections in use for five minutes fire once", function(t)
  for _ = 1, 30 do
    t:feed(limit(100))
    t:feed(activity("active", 40))
    t:feed(activity("idle in transaction", 50))
    t:at("+30s")
  end
  t:expect { fires = 1, severity = "high", value = { at_least = 89.9, at_most = 90.1 }, summary = "90 of 100" }
end)

test("a pool of HikariCP counts by its name", function(t)
  for _ = 1, 30 do
    t:feed { service = "shop", scrape = "shop", instance = "a", pool = "main", hikaricp_connections_active = 10, hikaricp_connections_max = 10 }
    t:feed { service = "shop", scrape = "shop", instance = "a", pool = "jobs", hikaricp_connections_active = 1, hikaricp_connections_max = 10 }
    t:at("+30s")
  end
  t:expect { fires = 1, where = { pool = "main" } }
end)

test("a busy minute stays quiet", function(t)
  for i = 1, 200 do
    t:feed(limit(100))
    t:feed(activity("active", i % 20 < 4 and 95 or 40))
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("a database without a limit, or one that nobody tells of, stays quiet", function(t)
  for _ = 1, 50 do
    t:feed(activity("active", 4000))
    t:feed { service = "x", scrape = "x", instance = "x", go_sql_in_use_connections = 50, go_sql_max_open_connections = 0 }
    t:at("+30s")
  end
  t:expect_quiet()
end)
