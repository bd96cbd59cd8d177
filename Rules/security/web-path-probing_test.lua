local function get(target, ip, agent)
  return { src_ip = ip or "203.0.113.9", method = "GET", uri = target, route = target, status = 404, user_agent = agent }
end

test("two sensitive paths of one address fire, at severity low", function(t)
  t:feed(get("/.env"))
  t:at("+5s"):feed(get("/.git/config"))
  t:expect { fires = 1, severity = "low", where = { src_ip = "203.0.113.9" } }
end)

test("administration that is not there counts", function(t)
  for _, path in ipairs { "/wp-login.php", "/phpmyadmin/index.php", "/manager/html" } do t:feed(get(path)) end
  t:expect { fires = 1 }
end)

test("administration that is there does not count", function(t)
  for i = 1, 20 do
    local request = get("/wp-admin/post.php?post=" .. i)
    request.status = 200
    t:feed(request)
  end
  t:expect_quiet()
end)

test("one path again and again stays quiet", function(t)
  t:feed(get("/.env")):times(20):every("10s")
  t:expect_quiet()
end)

test("ordinary paths stay quiet", function(t)
  for _, path in ipairs { "/", "/about", "/environment", "/blog/git-config", "/robots.txt", "/favicon.ico", "/img/a.png" } do
    t:feed(get(path))
  end
  t:expect_quiet()
end)
