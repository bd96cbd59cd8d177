local function queue(length)
  return { service = "mailer", scrape = "rabbit", instance = "mq:15692", queue = "outbox", rabbitmq_queue_messages_ready = length }
end

test("a queue that grows and grows fires once", function(t)
  t:feed(function(i) return queue(800 + 20 * i) end):times(100):every("30s")
  t:expect { fires = 1, severity = "high", where = { service = "mailer", queue = "outbox" } }
end)

test("one that is long and stays so fires, and is over when it has been worked off", function(t)
  t:feed(queue(5000)):times(60):every("30s")
  t:expect { fires = 1 }
  t:feed(queue(3)):times(60):every("30s")
  t:expect { fires = 1, resolved = 1 }
end)

test("a lag of Kafka counts by topic and group", function(t)
  for i = 1, 60 do
    t:feed { service = "k", scrape = "k", instance = "k", topic = "orders", consumergroup = "billing", kafka_consumergroup_lag = 4000 + i }
    t:feed { service = "k", scrape = "k", instance = "k", topic = "orders", consumergroup = "mail", kafka_consumergroup_lag = 4 }
    t:at("+30s")
  end
  t:expect { fires = 1, where = { consumergroup = "billing" } }
end)

test("a batch that is worked off steadily stays quiet", function(t)
  t:feed(function(i) return queue(math.max(0, 40000 - 1300 * (i % 40))) end):times(400):every("30s")
  t:expect_quiet()
end)

test("a short queue that wobbles stays quiet", function(t)
  t:feed(function(i) return queue(i * 31 % 97) end):times(400):every("30s")
  t:expect_quiet()
end)
