test("one unit is restarted, which can't be taken back", function(t)
  t:alert { key = { service = "worker" } }
  t:expect {
    effects = {
      { kind = "exec", class = "probe", reversible = false, argv = { "systemctl", "restart", "worker.service" } },
    },
  }
end)

test("a name that is an option is none of its", function(t)
  t:alert { key = { service = "--now" } }
  t:expect { proposed = false }
end)

test("nor can a person ask for it", function(t)
  t:given { service = "a b" }
  t:expect { refused = "no plain name" }
end)
