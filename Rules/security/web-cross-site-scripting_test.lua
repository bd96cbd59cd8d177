local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/?q=%3Cscript%3Ealert(1)%3C/script%3E]==],
    [==[/?q=%22%20onmouseover=%22alert(1)]==],
    [==[/?next=javascript:alert(document.cookie)]==],
    [==[/?q=%253Csvg%252Fonload%253Dconfirm(1)%253E]==],
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
    [==[/search?q=a+%3C+b]==],
    [==[/?online=1&onboarding=2]==],
    [==[/guide/javascript/document]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)
