-- Far more or far fewer requests than a service usually gets at this time of the week.
local p = params {
  spreads = 6.0,        -- how many spreads away from what is usual
  factor = 2.0,         -- at least so many times as many requests, or so many times fewer
  min_requests = 40,    -- requests in a quarter of an hour, usual or now, below which nothing is unusual
}

return rule {
  api = 1, id = "traffic.unusual", title = "Traffic is unusual for this hour", severity = "medium", type = "traffic_anomaly",
  status = "test", tags = { "sre.traffic" }, date = "2026-11-21",
  description = "Compares the requests of the last full quarter of an hour with the median of the same and the neighbouring "
    .. "quarters of earlier weeks, per service. Says nothing about a service in its first two weeks.",
  falsepositives = {
    "a campaign, a sale or a holiday",
    "a load test",
    "an hour that moved because clocks were changed: weeks are counted in UTC",
  },
  where = [[status >= 100 and route ~= nil]], by = { "service" }, max_keys = 2000,
  state = {
    usual = baseline { "15m", season = "week", keep = "5w", min_history = "2w", where = [[true]] },
    sample = ring { 3, every = "1m", where = [[true]] },
  },
  -- A rush that begins a few minutes early makes one quarter odd, and not two.
  every = "5m", hold = "20m", keep_firing = "15m",
  check = function(s)
    local z = s.usual:z()
    if not z or math.abs(z) < p.spreads then return end
    local count, usual = s.usual:value(), s.usual:usual()
    if math.max(count, usual) < p.min_requests then return end
    if count >= p.factor * usual or count * p.factor <= usual then
      return alert {
        value = count, expected = usual, evidence = s.sample, direction = z > 0 and "more" or "fewer",
        summary = "{service}: {value} requests in a quarter of an hour, {direction} than the usual {expected:.0f}",
      }
    end
  end,
  actions = {
    "Fewer: check the load balancer, DNS and the service that calls this one",
    "More: look for one client or one route that makes up the difference",
    "Compare with planned campaigns and with the last deployment",
  },
}
