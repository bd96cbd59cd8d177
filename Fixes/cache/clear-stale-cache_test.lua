test("one entry of one cache is thrown away", function(t)
  t:alert { key = { cache = "prices", entry = "sku.42" } }
  t:expect {
    effects = {
      {
        kind = "http.request", method = "DELETE", class = "probe", reversible = false,
        url = "https://cache.internal/v1/caches/prices/entries/sku.42",
      },
    },
  }
end)

test("a name that would lead to another place is none of its", function(t)
  t:alert { key = { cache = "prices", entry = "../../all" } }
  t:expect { proposed = false }
end)

test("nor can a person ask for it", function(t)
  t:given { cache = "prices", entry = "a?b" }
  t:expect { refused = "no plain name" }
end)
