local function line(service) return { service = service, level = "info", message = "tick" } end

test("a service that logged all day and stops is missed, and is back with its next line", function(t)
  t:feed(line("orders")):times(300):every("5m")
  t:feed(line("web")):times(20):every("1m")
  t:expect { fires = 1, severity = "medium", where = { service = "orders" }, value = 900 }
  t:feed(line("orders"))
  t:expect { fires = 1, resolved = 1 }
end)

test("a service that pauses now and then stays quiet", function(t)
  for _ = 1, 4 do
    t:feed(line("orders")):times(100):every("5m")
    t:at("+20m")
  end
  t:advance("8h")
  t:expect_quiet()
end)

test("a service that logged for half a day only stays quiet", function(t)
  t:feed(line("batch")):times(144):every("5m")
  t:advance("12h")
  t:expect_quiet()
end)
