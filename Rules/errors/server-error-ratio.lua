-- The share of requests that a route answers with 5xx, from access logs or service logs.
local p = params {
  min_requests = 20,    -- requests within five minutes, below which a share says nothing
  min_errors = 10,      -- answers of 500 and more within five minutes
  share = 0.1,          -- of the requests
}

return rule {
  api = 1, id = "errors.server-error-ratio", title = "Many requests end in a server error", severity = "high",
  type = "error_spike", status = "stable", tags = { "sre.errors", "sre.availability" }, date = "2026-11-21",
  description = "The share of 5xx answers among the requests of the last five minutes, per service and route.",
  falsepositives = { "a health check that is meant to answer 503 while an instance starts" },
  where = [[status >= 100 and status < 600]], by = { "service", "route" }, max_keys = 20000,
  state = {
    requests = window.count { "5m", where = [[true]] },
    errors = window.count { "5m", where = [[status >= 500]] },
    sample = ring { 3, where = [[status >= 500]] },
  },
  every = "15s", keep_firing = "2m",
  check = function(s)
    local errors = s.errors:count()
    if errors < p.min_errors then return end
    local requests = s.requests:count()
    if requests >= p.min_requests and errors >= p.share * requests then
      return alert {
        value = 100 * errors / requests, count = errors, evidence = s.sample,
        summary = "{service} {route}: {value:.0f}% of the requests end in a server error",
      }
    end
  end,
  actions = {
    "Look at the errors of the same service in its own log at that time",
    "Check whether all instances or one of them answers that way",
    "Roll back when it began with a deployment",
  },
}
