local total = 16 * 1024 * 1024 * 1024

local function memory(percent)
  return {
    service = "node", scrape = "node", instance = "web-1:9100", node_memory_MemTotal_bytes = total,
    node_memory_MemAvailable_bytes = total * percent // 100,
  }
end

test("five percent left for five minutes fire once, and it is over when there is room", function(t)
  t:feed(memory(5)):times(40):every("15s")
  t:expect { fires = 1, severity = "high", where = { instance = "web-1:9100" }, value = { at_least = 4, at_most = 6 } }
  t:feed(memory(50)):times(60):every("15s")
  t:expect { fires = 1, resolved = 1 }
end)

test("a container at its limit fires, and one without a limit doesn't", function(t)
  for _ = 1, 40 do
    t:feed { service = "k", scrape = "k", instance = "n", container = "shop", container_memory_working_set_bytes = 98, container_spec_memory_limit_bytes = 100 }
    t:feed { service = "k", scrape = "k", instance = "n", container = "free", container_memory_working_set_bytes = 98, container_spec_memory_limit_bytes = 0 }
    t:at("+15s")
  end
  t:expect { fires = 1, where = { container = "shop" } }
end)

test("a machine that dips for a minute now and then stays quiet", function(t)
  t:feed(function(i) return memory(i % 40 < 4 and 3 or 40) end):times(400):every("15s")
  t:expect_quiet()
end)
