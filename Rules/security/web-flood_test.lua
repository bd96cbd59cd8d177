local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("a burst of different targets fires, at severity low", function(t)
  t:feed(function(i) return get("/?" .. i * 7919) end):times(60):every("100ms")
  t:expect { fires = 1, severity = "low", where = { src_ip = "203.0.113.9" } }
end)

test("a page with many images stays quiet", function(t)
  t:feed(function(i) return get("/img/" .. i .. ".webp") end):times(80):every("50ms")
  t:expect_quiet()
end)

test("a monitor that asks for one target stays quiet", function(t)
  t:feed(get("/health")):times(500):every("100ms")
  t:expect_quiet()
end)

test("the limit can be set", function(t)
  t:params { max_requests = 100 }
  t:feed(function(i) return get("/?" .. i * 7919) end):times(60):every("100ms")
  t:expect_quiet()
end)
