local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/../../../../etc/passwd]==],
    [==[/download?file=..%2f..%2f..%2fetc%2fshadow]==],
    [==[/x/%c0%ae%c0%ae/%c0%ae%c0%ae/boot.ini]==],
    [==[/cgi-bin/.%2e/%2e%2e/bin/sh]==],
    [==[/.ssh/id_rsa]==],
    [==[/view?page=/proc/self/environ]==],
  }
  for i, target in ipairs(attacks) do
    t:feed(get(target, "203.0.113." .. i)):times(3):every("1s")
  end
  t:expect { fires = #attacks, severity = "medium" }
end)

test("ordinary requests stay quiet", function(t)
  local ordinary = {
    [==[/]==],
    [==[/blog/2026/01/on-selecting-a-database?utm_source=feed]==],
    [==[/search?q=rock+%26+roll]==],
    [==[/products?sort=price&order=asc&page=2]==],
    [==[/api/v1/users/42/orders?from=2026-01-01&to=2026-02-01]==],
    [==[/wiki/Union_of_European_Football_Associations]==],
    [==[/login?next=%2Faccount]==],
    [==[/static/app.3f2a.js]==],
    [==[/.well-known/acme-challenge/abc]==],
    [==[/.well-known/openid-configuration/config.json]==],
    [==[/files/report..final.pdf]==],
    [==[/v1.2.3/notes]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)

test("Apache's error log counts", function(t)
  t:replay {
    text = "[Fri Jan 02 17:08:41.203277 2026] [core:error] [pid 70:tid 14] [client 203.0.113.9:14532] AH00126: Invalid URI in request GET /cgi-bin/.%2E/%2E%2E/etc/passwd HTTP/1.1\n",
    format = "nginx-error",
  }
  t:expect { fires = 1, where = { src_ip = "203.0.113.9" } }
end)
