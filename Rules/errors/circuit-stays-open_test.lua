local function opened(service) return { event = "circuit_breaker.opened", service = service, level = "warn", message = "payments: open" } end
local function closed(service) return { event = "circuit_breaker.closed", service = service, level = "info", message = "payments: closed" } end

test("a breaker that stays open fires once its time is over", function(t)
  t:feed(opened("orders"))
  t:advance("4m")
  t:expect_quiet()
  t:advance("2m")
  t:expect { fires = 1, severity = "high", where = { service = "orders" }, summary = "payments: open", evidence = 1 }
end)

test("lines of resilience4j count", function(t)
  t:feed { service = "orders", message = "CircuitBreaker 'payments' changed state from CLOSED to OPEN" }
  t:at("+10m"):feed { service = "orders", message = "still there" }
  t:expect { fires = 1 }
end)

test("a breaker that closes again in time stays quiet", function(t)
  t:feed(opened("orders"))
  t:at("+2m"):feed(closed("orders"))
  t:advance("1h")
  t:expect_quiet()
end)

test("a breaker of another service that closes says nothing", function(t)
  t:feed(opened("orders"))
  t:at("+2m"):feed(closed("web"))
  t:advance("10m")
  t:expect { fires = 1, where = { service = "orders" } }
end)
