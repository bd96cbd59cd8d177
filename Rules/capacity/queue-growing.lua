-- A queue that grows towards the length at which it is too late.
local p = params {
  limit = 10000.0,      -- entries that a queue may not reach
  minutes = 60.0,       -- warn when it gets there within this time
  min_length = 500.0,   -- entries that must wait already
}

return rule {
  api = 1, id = "capacity.queue-growing", title = "A queue grows faster than it is worked off", severity = "high",
  type = "queue_forecast", status = "test", tags = { "sre.capacity" }, date = "2026-11-21",
  description = "Follows the trend of the last hour in the logged length of a queue or the lag of a consumer, and asks when it "
    .. "reaches the limit. The whole interval of the trend must head there.",
  falsepositives = { "a batch that is filled into the queue at once and then worked off" },
  where = [[queue_depth > 0 or queue_length > 0 or queue_size > 0 or consumer_lag > 0]],
  by = { "service", "queue", "topic" }, max_keys = 20000,
  state = { length = forecast { "1h", min_history = "10m" }, sample = ring(2) },
  on = function(e, s)
    s.length:add(e.queue_depth or e.queue_length or e.queue_size or e.consumer_lag)
    s.sample:push(e)
  end,
  every = "1m", hold = "5m", keep_firing = "10m",
  check = function(s)
    local eta = s.length:eta_s(p.limit)
    if not eta or eta > p.minutes * 60 then return end
    if s.length:level() >= p.min_length and s.length:eta_high_s(p.limit) then
      return alert {
        value = eta, evidence = s.sample, waiting = s.length:level(), limit = p.limit,
        summary = "{service} {queue}: {waiting:.0f} waiting and growing; {limit:.0f} in {value:dur}",
      }
    end
  end,
  actions = {
    "Check that the consumers run and what they wait for",
    "Add consumers, or slow the producer down",
  },
}
