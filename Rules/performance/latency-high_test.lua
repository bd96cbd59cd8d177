local function request(duration)
  return { service = "reports", route = "/report", method = "GET", status = 200, duration_ms = duration }
end

test("a route with a quarter of slow requests fires", function(t)
  t:feed(function(i) return request(i % 4 == 0 and 3500 or 200) end):times(120):every("3s")
  t:expect { fires = 1, where = { route = "/report" }, value = { at_least = 20, at_most = 30 }, summary = "longer than 2000 ms" }
end)

test("seconds of an access log count too", function(t)
  local lines = {}
  for i = 0, 119 do
    lines[#lines + 1] = ('192.0.2.7 - - [01/Jan/2026:00:%02d:%02d +0000] "GET /export HTTP/1.1" 200 12 "-" "test" rt=4.250'):format(i * 3 // 60, i * 3 % 60)
  end
  t:replay { text = table.concat(lines, "\n") .. "\n", format = "combined" }
  t:expect { fires = 1, where = { route = "/export" } }
end)

test("requests within the limit stay quiet", function(t)
  t:feed(request(1900)):times(200):every("3s")
  t:expect_quiet()
end)

test("the limit can be set", function(t)
  t:params { limit_ms = 1500.0 }
  t:feed(request(1900)):times(200):every("3s")
  t:expect { fires = 1 }
end)
