test("errors of one type far over the usual rate fire once", function(t)
  t:feed { level = "error", service = "shop", error_type = "Timeout", message = "upstream timed out" }:times(2):every("10m")
  t:at("+5m"):feed { level = "error", service = "shop", error_type = "Timeout", message = "upstream timed out" }:times(40):every("3s")
  t:expect {
    fires = 1, severity = "critical", type = "error_spike", where = { service = "shop", error_type = "Timeout" },
    summary = "shop: Timeout at", evidence = 3,
  }
  t:advance("15m")
  t:expect { fires = 1, resolved = 1 }
end)

test("a log without types of errors is grouped by service", function(t)
  t:replay { text = ("2026-01-01 00:20:00 ERROR [checkout] payment gateway refused the connection\n"):rep(25), format = "plain" }
  t:advance("1m")
  t:expect { fires = 1, summary = ": errors at 50 a minute" }
end)

test("a rate that has been usual for an hour is no spike", function(t)
  t:feed { level = "error", service = "shop", error_type = "Timeout" }:times(1500):every("5s")
  -- Nothing is known of what is usual when the log begins, so the first minutes may be reported.
  t:expect { at_most = 1, count = { at_most = 200 } }
  t:expect { fires = 0, count = { at_least = 200 } }
  t:expect { pending = 0 }
end)

test("a few errors stay quiet", function(t)
  t:feed { level = "error", service = "shop", error_type = "Timeout" }:times(19):every("5s")
  t:advance("5m")
  t:expect_quiet()
end)

test("the same few errors fire when the threshold says so", function(t)
  t:params { min_count = 10 }
  t:feed { level = "error", service = "shop", error_type = "Timeout" }:times(19):every("5s")
  t:advance("1m")
  t:expect { fires = 1 }
end)
