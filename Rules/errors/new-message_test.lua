local function usual(i)
  return { service = "shop", level = "warning", message = "order " .. i .. " took " .. i % 900 .. " ms, retrying" }
end

test("an error of a kind that the service never logged fires once", function(t)
  t:feed(usual):times(26 * 60):every("1m")
  t:expect_quiet()
  local broken = { service = "shop", level = "error", message = "ledger shard 7 is corrupt, refusing writes" }
  t:feed(broken):times(5):every("10s")
  t:expect {
    fires = 1, severity = "medium", type = "new_message", where = { service = "shop" }, evidence = 1,
    summary = "shop says something new: ledger shard",
  }
end)

test("a warning of a new kind is low", function(t)
  t:feed(usual):times(26 * 60):every("1m")
  t:feed { service = "shop", level = "warning", message = "certificate of upstream expires soon" }
  t:expect { fires = 1, severity = "low" }
end)

test("known kinds with other numbers, and new ones below warning, are quiet", function(t)
  t:feed(usual):times(50 * 60):every("1m")
  t:feed { service = "shop", level = "info", message = "cache was rebuilt from scratch" }
  t:expect_quiet()
end)

test("nothing is new while a service is learned", function(t)
  for _, word in ipairs { "red", "green", "blue", "white" } do
    t:feed { service = "shop", level = "error", message = word .. " light at the crossing near the station" }
    t:feed { service = "shop", level = "error", message = "the " .. word .. " pump stopped" }
  end
  t:expect_quiet()
end)

test("the time of learning is a parameter", function(t)
  t:params { learn = "1h" }
  t:feed(usual):times(90):every("1m")
  t:feed { service = "shop", level = "critical", message = "disk sda failed" }
  t:expect { fires = 1 }
end)
