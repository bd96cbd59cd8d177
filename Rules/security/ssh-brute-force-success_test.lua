local attacker, person = "203.0.113.9", "192.0.2.4"

local function failed(ip) return { event = "ssh.login_failed", outcome = "fail", src_ip = ip, user = "deploy", service = "sshd" } end
local function accepted(ip, method)
  return { event = "ssh.login_accepted", outcome = "ok", src_ip = ip, user = "deploy", auth_method = method or "password", service = "sshd" }
end

test("failures and then a login fire once", function(t)
  t:feed(failed(attacker)):times(30):every("4s")
  t:at("+1m"):feed(accepted(attacker))
  t:expect { fires = 1, severity = "critical", where = { src_ip = attacker }, affected_users = { "deploy" }, value = 30 }
end)

test("two typos and then a login stay quiet", function(t)
  t:feed(failed(person)):times(2):every("4s")
  t:at("+10s"):feed(accepted(person))
  t:expect_quiet()
end)

test("the login of somebody else stays quiet", function(t)
  t:feed(failed(attacker)):times(30):every("4s")
  t:at("+1m"):feed(accepted(person))
  t:expect_quiet()
end)

test("a login long after the failures stays quiet", function(t)
  t:feed(failed(attacker)):times(30):every("4s")
  t:at("+2h"):feed(accepted(attacker))
  t:expect_quiet()
end)

test("a login with a key is no guess", function(t)
  t:feed(failed(attacker)):times(30):every("4s")
  t:at("+1m"):feed(accepted(attacker, "publickey"))
  t:expect_quiet()
end)
