local function counter(code, value, instance)
  return {
    service = "shop", scrape = "shop", job = "shop", instance = instance or "a:9100", code = code,
    labels = { job = "shop", instance = instance or "a:9100", code = code }, http_requests_total = value,
  }
end

test("one request of ten that fails fires once, and is over when they go well again", function(t)
  for i = 0, 30 do
    t:feed(counter("200", 90 * i))
    t:feed(counter("500", 10 * i))
    t:at("+30s")
  end
  t:expect { fires = 1, severity = "high", where = { service = "shop", job = "shop" }, value = { at_least = 9, at_most = 11 } }
  for i = 31, 60 do
    t:feed(counter("200", 90 * i))
    t:feed(counter("500", 300))
    t:at("+30s")
  end
  t:expect { fires = 1, resolved = 1 }
end)

test("a label status counts too, which stands among the labels alone", function(t)
  for i = 0, 20 do
    for _, status in ipairs { "200", "503" } do
      t:feed {
        service = "shop", scrape = "shop", job = "shop", instance = "a", labels = { status = status },
        http_server_requests_seconds_count = 50 * i,
      }
    end
    t:at("+30s")
  end
  t:expect { fires = 1, value = { at_least = 49, at_most = 51 } }
end)

test("counters that are high and don't grow stay quiet", function(t)
  for _ = 1, 100 do
    t:feed(counter("200", 1000))
    t:feed(counter("500", 900))
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("a restart begins to count anew and is no rush of errors", function(t)
  for i = 0, 200 do
    t:feed(counter("200", 100 * (i % 50)))
    t:feed(counter("500", i % 50))
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("instances are told apart", function(t)
  for i = 0, 100 do
    t:feed(counter("500", 5, "a:9100"))
    t:feed(counter("500", 900, "b:9100"))
    t:feed(counter("200", 100 * i, "a:9100"))
    t:at("+30s")
  end
  t:expect_quiet()
end)

local function of(server, code, value)
  local event = counter(code, value)
  event.server, event.labels.server = server, server
  return event
end

test("series that differ in any label are told apart: one that is gone makes the other no rush of errors", function(t)
  for i = 0, 60 do
    if i < 30 then t:feed(of("a", "500", 5)) end
    t:feed(of("b", "500", 900))
    t:feed(of("b", "200", 100 * i))
    t:at("+30s")
  end
  t:expect_quiet()
end)

test("the second of two such series counts, too", function(t)
  for i = 0, 30 do
    t:feed(of("a", "500", 5))
    t:feed(of("b", "500", 50 * i))
    t:feed(of("b", "200", 50 * i))
    t:at("+30s")
  end
  t:expect { fires = 1, value = { at_least = 49, at_most = 51 } }
end)
