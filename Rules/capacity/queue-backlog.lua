-- Work waits in a queue, and more and more of it.
local p = params {
  length = 1000.0,      -- entries that must wait
}

return rule {
  api = 1, id = "capacity.queue-backlog", title = "A queue is not worked off", severity = "high", type = "queue_forecast",
  status = "test", tags = { "sre.capacity", "sre.metrics" }, date = "2026-11-22",
  description = "The length of a queue, or the lag of a consumer, is over a limit for ten minutes and not on its way down. It reads "
    .. "rabbitmq_queue_messages_ready, kafka_consumergroup_lag, nats_consumer_num_pending, sidekiq_queue_size, "
    .. "celery_queue_length, redis_list_length and queue_depth. capacity.queue-growing asks the same of logs.",
  falsepositives = { "a batch that is filled into the queue at once and then worked off more slowly than in ten minutes" },
  where = [[scrape ~= nil and (rabbitmq_queue_messages_ready >= 0 or kafka_consumergroup_lag >= 0
    or nats_consumer_num_pending >= 0 or sidekiq_queue_size >= 0 or celery_queue_length >= 0 or redis_list_length >= 0
    or queue_depth >= 0)]],
  by = { "service", "instance", "queue", "topic", "consumergroup" }, max_keys = 10000, memory = "4MiB",
  state = { length = window.mean("2m"), before = window.mean { "5m", offset = "5m" }, sample = ring(2) },
  on = function(e, s)
    local length = tonumber(e.rabbitmq_queue_messages_ready or e.kafka_consumergroup_lag or e.nats_consumer_num_pending
      or e.sidekiq_queue_size or e.celery_queue_length or e.redis_list_length or e.queue_depth)
    if not length then return end
    s.length:add(length)
    s.before:add(length)
    s.sample:push(e)
  end,
  every = "1m", hold = "10m", keep_firing = "5m",
  check = function(s)
    local now, before = s.length:mean(), s.before:mean()
    if not now or not before or now < p.length or now < 0.9 * before then return end
    return alert {
      value = now, expected = before, evidence = s.sample,
      summary = "{service} {queue} {topic}: {value:.0f} wait, and {expected:.0f} some minutes before",
    }
  end,
  actions = {
    "Check that the consumers run and what they wait for",
    "Add consumers, or slow the producer down",
  },
}
