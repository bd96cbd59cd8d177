local function miss(path, status, ip)
  return { src_ip = ip or "203.0.113.9", method = "GET", route = path, status = status or 404 }
end

test("many different missing paths fire once", function(t)
  t:feed(function(i) return miss("/admin" .. i .. ".php") end):times(40):every("1s")
  t:expect { fires = 1, severity = "medium", type = "scan", where = { src_ip = "203.0.113.9" } }
end)

test("an access log is read", function(t)
  local text = ""
  for i = 10, 30 do
    text = text .. ('203.0.113.9 - - [01/Jan/2026:00:00:%d +0000] "GET /cgi/%d HTTP/1.1" 403 12 "-" "x"\n'):format(i, i)
  end
  t:replay { text = text, format = "combined" }
  t:expect { fires = 1 }
end)

test("an access log of Envoy in a container is read", function(t)
  local text = ""
  for i = 10, 30 do
    text = text .. ('2026-01-01T00:00:%dZ stdout F {"start_time":"2026-01-01T00:00:%d.1Z","method":"GET",'
      .. '"x-envoy-origin-path":"/cgi/%d","response_code":404,"downstream_remote_address":"203.0.113.9:40%d"}\n')
      :format(i, i, i, i)
  end
  t:replay { text = text }
  t:expect { fires = 1, where = { src_ip = "203.0.113.9" } }
end)

test("one dead link asked for by a crowd stays quiet", function(t)
  t:feed(function(i) return miss("/old-page", 404, "192.0.2." .. i % 250) end):times(500):every("1s")
  t:expect_quiet()
end)

test("missing images of a page stay quiet", function(t)
  t:feed(function(i) return miss("/img/" .. i .. ".png") end):times(40):every("1s")
  t:expect_quiet()
end)

test("a few dead links an hour stay quiet", function(t)
  t:feed(function(i) return miss("/p/" .. i) end):times(40):every("30s")
  t:expect_quiet()
end)
