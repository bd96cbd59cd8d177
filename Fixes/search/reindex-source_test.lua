test("the source of the alert is indexed anew", function(t)
  t:alert { key = { source = "wiki" } }
  t:expect {
    effects = {
      {
        kind = "http.request", method = "POST", class = "keyed",
        url = "https://search.internal/v1/sources/wiki/reindex",
      },
    },
  }
end)

test("a source with a path in its name is none of its", function(t)
  t:alert { key = { source = "wiki/../all" } }
  t:expect { proposed = false }
end)
