-- A metric does what it has never done before.
local p = params {
  score = 0.6,          -- from 0 to 1; 0.5 is worth a look
}

return rule {
  api = 1, id = "performance.metric-anomaly", title = "A metric behaves as never before", severity = "medium",
  type = "metric_anomaly", status = "test", tags = { "sre.metrics" }, date = "2026-11-21",
  description = "Scores each value of a metric by all its values before, per service, host and metric: levels, means, ranges "
    .. "and times of day that were never seen. The first 128 values say nothing, and a trouble that goes on is one alert.",
  references = { "https://doi.org/10.1016/j.neucom.2017.04.070" },
  falsepositives = {
    "a metric that only grows, such as a counter since the start: log its rate",
    "a planned change of load or capacity",
  },
  where = [[metric ~= nil and (value >= 0 or value < 0)]], by = { "service", "host", "metric" }, max_keys = 5000,
  state_memory = "128MiB",
  state = { series = anomaly(), usual = window.mean("6h"), sample = ring(3) },
  on = function(e, s)
    local score, usual = s.series:add(e.value), s.usual:mean()
    s.usual:add(e.value)
    s.sample:push(e)
    if score and score >= p.score then
      return alert {
        value = e.value, expected = usual, score = score, evidence = s.sample,
        summary = "{metric} of {service} is at {value}, and the last six hours {expected:.1f} on average",
      }
    end
  end,
  suppress_for = "1h",
  actions = {
    "Look at the metric over the last days beside those of the same service",
    "Compare the time with deployments and changes of configuration",
  },
}
