local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("another browser with every request fires, at severity low", function(t)
  t:feed(function(i) return get("/", nil, "Mozilla/5.0 (" .. i .. ")") end):times(15):every("2s")
  t:expect { fires = 1, severity = "low", where = { src_ip = "203.0.113.9" } }
end)

test("a few people behind one address stay quiet", function(t)
  t:feed(function(i) return get("/", nil, "Mozilla/5.0 (" .. i % 5 .. ")") end):times(200):every("1s")
  t:expect_quiet()
end)
