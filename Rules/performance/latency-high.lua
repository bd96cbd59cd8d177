-- A route is slow by an absolute measure, whatever is usual.
local p = params {
  limit_ms = 2000.0,    -- a request that takes longer is slow
  share = 0.1,          -- of the requests that may be slow
  min_requests = 20,    -- requests within five minutes
  min_slow = 10,        -- slow requests within five minutes
}

return rule {
  api = 1, id = "performance.latency-high", title = "Many requests are slow", severity = "medium",
  type = "performance_degradation", status = "stable", tags = { "sre.latency" }, date = "2026-11-21",
  description = "The share of requests over a fixed limit within five minutes, per service and route.",
  falsepositives = { "long polling, server-sent events, uploads and exports: leave their routes out or raise limit_ms" },
  where = [[duration_ms > 0 and route ~= nil and not (status >= 500)]], by = { "service", "route" }, max_keys = 20000,
  state = { requests = window.count("5m"), slow = window.count("5m"), worst = window.max("5m"), sample = ring(3) },
  on = function(e, s)
    s.requests:add(e)
    if e.duration_ms <= p.limit_ms then return end
    s.slow:add(e)
    s.worst:add(e.duration_ms)
    s.sample:push(e)
    local slow = s.slow:count()
    if slow < p.min_slow then return end
    local requests = s.requests:count()
    if requests >= p.min_requests and slow / requests >= p.share then
      return alert {
        value = 100 * slow / requests, count = slow, worst_ms = s.worst:max(), limit_ms = p.limit_ms, evidence = s.sample,
        summary = "{service} {route}: {value:.0f}% of the requests take longer than {limit_ms:.0f} ms, up to {worst_ms:.0f} ms",
      }
    end
  end,
  suppress_for = "5m",
  actions = {
    "Check what the slow requests have in common: tenant, instance, database, payload",
    "Add capacity or shed load when all routes of the service are slow",
  },
}
