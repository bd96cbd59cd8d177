test("an IPv4 address goes into the set of its kind, and out of it again", function(t)
  t:alert { type = "scan", key = { src_ip = "203.0.113.9" } }
  t:expect {
    effects = {
      {
        kind = "exec", class = "probe", reversible = true,
        argv = { "nft", "add", "element", "inet", "stella", "blocked4", "{", "203.0.113.9", "}" },
      },
    },
    notes = { "every connection from 203.0.113.9" },
  }
end)

test("an IPv6 address goes into the other set", function(t)
  t:given { src_ip = "2001:db8::7" }
  t:expect {
    effects = { { argv = { "nft", "add", "element", "inet", "stella", "blocked6", "{", "2001:db8::7", "}" } } },
  }
end)

test("this host, its network and whatever is no address are never blocked", function(t)
  t:given { src_ip = "127.0.0.1" }
  t:expect { refused = "no address that may be blocked" }
end)

test("an alert with a network instead of an address is none of its", function(t)
  t:alert { key = { src_ip = "0.0.0.0/0" } }
  t:expect { proposed = false }
end)
