-- The latency of a service has moved to another level.
local p = params {
  min_requests = 20,    -- requests in a minute, below which the minute says nothing
  slack = 2.0,          -- spreads above the median that are still noise
  decision = 20.0,      -- what the excess must add up to
  factor = 1.3,         -- times the usual latency
  floor_ms = 20.0,      -- how much slower it has to be at least
}

return rule {
  api = 1, id = "performance.latency-change-point", title = "Latency has moved to a higher level", severity = "medium",
  type = "latency_change_point", status = "test", tags = { "sre.latency" }, date = "2026-11-21",
  description = "A one-sided CUSUM (Page 1954) over the 95th percentile of each minute, in spreads above the median of the last "
    .. "six hours, per service. A slow minute alone is not enough; a small shift that stays is. The new level becomes the usual "
    .. "one after three hours, and the alert ends.",
  references = { "https://doi.org/10.1093/biomet/41.1-2.100" },
  falsepositives = { "another mix of requests, such as a nightly report" },
  where = [[duration_ms > 0 and not (status >= 500)]], by = { "service" }, max_keys = 2000, state_memory = "128MiB",
  state = {
    now = window.quantile { "1m", buckets = 2 }, sample = ring(3),
    usual = baseline { "1m", season = "none", keep = "6h", min_history = "30m", of = "mean" },
  },
  on = function(e, s)
    s.now:add(e.duration_ms)
    s.sample:push(e)
  end,
  every = "1m", keep_firing = "5m",
  check = function(s)
    if s.now:count() < p.min_requests then return end
    local p95 = s.now:q(0.95)
    local z, usual = s.usual:z(p95), s.usual:usual()
    s.usual:add(p95)
    if not z then return end
    -- No minute counts for more than ten spreads, so that one outlier decides nothing.
    local sum = math.max(0, (s.excess or 0) + math.min(z, 10) - p.slack)
    s.excess = sum > 0 and math.min(sum, 2 * p.decision) or nil
    if sum >= p.decision and p95 > p.factor * usual and p95 - usual > p.floor_ms then
      return alert {
        value = p95, expected = usual, evidence = s.sample,
        summary = "{service}: 95% of the requests within {value:.0f} ms, and {expected:.0f} ms was the level before",
      }
    end
  end,
  actions = {
    "Compare the minute in which it began with deployments and configuration changes",
    "Look for the route that moved, and for what it calls",
  },
}
