test("a serious alert is told once, with a key of its own", function(t)
  t:alert { severity = "critical", key = { service = "shop" } }
  t:expect {
    effects = {
      {
        kind = "http.request", method = "POST", class = "keyed", reversible = false,
        url = "https://on-call.internal/v1/messages",
      },
    },
  }
end)

test("one of medium severity wakes nobody", function(t)
  t:alert { severity = "medium", key = { service = "shop" } }
  t:expect { proposed = false }
end)
