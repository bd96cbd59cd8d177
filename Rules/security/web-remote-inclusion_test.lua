local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/?page=http://203.0.113.1/shell.txt%3f]==],
    [==[/?url=file:///etc/hostname]==],
    [==[/?src=gopher://127.0.0.1:6379/_INFO]==],
    [==[/?img=http://169.254.169.254/latest/meta-data/]==],
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
    [==[/login?next=https://example.com/account]==],
    [==[/oembed?url=https%3A%2F%2Fexample.com%2Fwatch%3Fv%3D1]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)
