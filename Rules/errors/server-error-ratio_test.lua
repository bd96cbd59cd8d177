local function request(status)
  return { service = "shop", route = "/pay", method = "POST", status = status, message = "request" }
end

test("a route that fails one request in three fires", function(t)
  t:feed(function(i) return request(i % 3 == 0 and 503 or 200) end):times(60):every("4s")
  t:advance("30s")
  t:expect { fires = 1, where = { service = "shop", route = "/pay" }, value = { at_least = 25, at_most = 40 } }
end)

test("it works on an access log", function(t)
  local lines = {}
  for i = 1, 40 do
    lines[i] = ('192.0.2.7 - - [01/Jan/2026:00:00:%02d +0000] "GET /cart HTTP/1.1" %d 12 "-" "test"'):format(i, i % 2 == 0 and 502 or 200)
  end
  t:replay { text = table.concat(lines, "\n") .. "\n", format = "combined" }
  t:advance("1m")
  t:expect { fires = 1, where = { route = "/cart" } }
end)

test("a few failures among many requests stay quiet", function(t)
  t:feed(function(i) return request(i % 30 == 0 and 500 or 200) end):times(600):every("1s")
  t:expect_quiet()
end)

test("client errors are no server errors", function(t)
  t:feed(request(422)):times(100):every("2s")
  t:advance("1m")
  t:expect_quiet()
end)
