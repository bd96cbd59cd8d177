-- A route has become slow against what it was before.
local p = params {
  min_requests = 30,    -- requests within five minutes
  min_usual = 100,      -- requests in the hour before, without which nobody knows what is usual
  factor = 2.0,         -- times the usual 95th percentile
  floor_ms = 100.0,     -- how much slower it has to be at least
}

return rule {
  api = 1, id = "performance.latency-degraded", title = "A route has become slow", severity = "high",
  type = "performance_degradation", status = "stable", tags = { "sre.latency" }, date = "2026-11-21",
  description = "The 95th percentile of the last five minutes against that of the hour before, per service and route. "
    .. "Requests that end in a server error are left out: they are slow or fast for other reasons.",
  falsepositives = { "a report or an export that is run once a day on a route that is fast otherwise" },
  where = [[duration_ms > 0 and route ~= nil and not (status >= 500)]], by = { "service", "route" },
  max_keys = 5000, state_memory = "128MiB",
  state = {
    now = window.quantile("5m"), usual = window.quantile { "1h", offset = "6m", buckets = 12 }, sample = ring(3),
  },
  on = function(e, s)
    s.now:add(e.duration_ms)
    s.usual:add(e.duration_ms)
    s.sample:push(e)
  end,
  every = "30s", hold = "1m", keep_firing = "5m",
  check = function(s)
    if s.now:count() < p.min_requests or s.usual:count() < p.min_usual then return end
    local p95, usual = s.now:q(0.95), s.usual:q(0.95)
    if p95 > p.factor * usual and p95 - usual > p.floor_ms then
      return alert {
        value = p95, expected = usual, count = s.now:count(), evidence = s.sample,
        summary = "{service} {route}: 95% of the requests within {value:.0f} ms, usually within {expected:.0f} ms",
      }
    end
  end,
  actions = {
    "Compare with the last deployment of the service and of what it calls",
    "Look at slow queries and at the saturation of its database and connection pools",
    "Follow one slow request by its trace_id",
  },
}
