local function deploy(service) return { event = "deploy.finished", service = service, level = "info", version = "1.4.2", message = "deployed" } end
local function failure(service) return { level = "error", service = service, message = "cannot read configuration" } end

test("errors after a deploy fire once, with the version", function(t)
  t:feed(deploy("orders"))
  t:at("+20s"):feed(failure("orders")):times(40):every("5s")
  t:expect { fires = 1, severity = "high", where = { service = "orders" }, value = 20, labels = { version = "1.4.2" }, count = 41 }
end)

test("errors without a deploy are another rule's matter", function(t)
  t:feed(failure("orders")):times(100):every("1s")
  t:expect_quiet()
end)

test("errors of another service stay quiet", function(t)
  t:feed(deploy("orders"))
  t:at("+20s"):feed(failure("web")):times(40):every("5s")
  t:expect_quiet()
end)

test("a deploy that is rolled back in time stays quiet", function(t)
  t:feed(deploy("orders"))
  t:at("+20s"):feed(failure("orders")):times(15):every("5s")
  t:feed { event = "rollback", service = "orders", level = "info" }
  t:feed(failure("orders")):times(15):every("5s")
  t:expect_quiet()
end)

test("errors long after the deploy stay quiet", function(t)
  t:feed(deploy("orders"))
  t:at("+15m"):feed(failure("orders")):times(40):every("5s")
  t:expect_quiet()
end)
