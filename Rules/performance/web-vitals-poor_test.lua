local function view(lcp, inp, cls)
  return { service = "shop.example.org", browser = "navigation", page = "/cart", view = "v1", lcp_ms = lcp, inp_ms = inp, cls = cls, ttfb_ms = 200.0 }
end

test("a page that most visitors wait five seconds for fires once and says what it is", function(t)
  t:feed(function(i) return view(i % 10 < 4 and 5200.0 or 1200.0, 90.0, 0.01) end):times(100):every("30s")
  t:expect { fires = 1, severity = "medium", where = { service = "shop.example.org", page = "/cart" }, summary = "LCP" }
end)

test("clicks that show late and a page that jumps count too, the worst of them", function(t)
  t:feed(view(1000.0, 600.0, 0.9)):times(60):every("30s")
  t:expect { fires = 1, summary = "CLS" }
end)

test("one slow visitor of ten stays quiet", function(t)
  t:feed(function(i) return view(i % 10 == 0 and 20000.0 or 1500.0, 120.0, 0.02) end):times(400):every("30s")
  t:expect_quiet()
end)

test("a handful of views says nothing", function(t)
  t:feed(view(9000.0, 900.0, 2.0)):times(20):every("5m")
  t:expect_quiet()
end)
