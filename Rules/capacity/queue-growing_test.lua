local function queue(length) return { service = "mailer", queue = "outbox", queue_depth = length } end

test("a queue that gains a hundred a minute fires before it is full", function(t)
  t:feed(function(i) return queue(200 + i * 50 + i % 5 * 20) end):times(100):every("30s")
  t:expect {
    fires = 1, severity = "high", type = "queue_forecast", where = { service = "mailer", queue = "outbox" },
    value = { at_least = 1800, at_most = 3600 }, summary = "mailer outbox",
  }
end)

test("it is over when the queue has been worked off", function(t)
  t:feed(function(i) return queue(200 + i * 50) end):times(100):every("30s")
  t:feed(function(i) return queue(math.max(1, 5000 - i * 200)) end):times(200):every("30s")
  t:expect { fires = 1, resolved = 1 }
end)

test("a long queue that stays as it is stays quiet", function(t)
  t:feed(function(i) return queue(8000 + i * 7919 % 300) end):times(400):every("30s")
  t:expect_quiet()
end)

test("a short queue that wobbles stays quiet", function(t)
  t:feed(function(i) return queue(1 + i * 31 % 97) end):times(400):every("30s")
  t:expect_quiet()
end)
