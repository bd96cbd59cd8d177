local function request(agent, ip)
  return { src_ip = ip or "203.0.113.9", method = "GET", route = "/", status = 200, user_agent = agent }
end

test("a scanner by its name fires once", function(t)
  t:feed(request("Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000001)")):times(20):every("1s")
  t:expect { fires = 1, where = { src_ip = "203.0.113.9" }, summary = "Nikto" }
end)

test("sqlmap fires", function(t)
  t:feed(request("sqlmap/1.7.2#stable (https://sqlmap.org)"))
  t:expect { fires = 1 }
end)

test("browsers, crawlers and libraries stay quiet", function(t)
  t:feed(request("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"))
  t:feed(request("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"))
  t:feed(request("curl/8.5.0"))
  t:feed(request("python-requests/2.31.0"))
  t:feed(request("Go-http-client/1.1"))
  t:expect_quiet()
end)
