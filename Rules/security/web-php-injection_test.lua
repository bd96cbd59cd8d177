local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/?x=<?php+system($_GET[1]);]==],
    [==[/?x=php://filter/convert.base64-encode/resource=index]==],
    [==[/?f=system(%27id%27)]==],
    [==[/?f=eval%2f%2acomment%2a%2f(%22x%22)]==],
    [==[/?-d+allow_url_include%3d1]==],
    [==[/?x=%24_POST%5B0%5D(1)]==],
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
    [==[/search?q=system+requirements+(minimum)]==],
    [==[/docs/include-files]==],
    [==[/manual/en/function.array-diff.php]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)
