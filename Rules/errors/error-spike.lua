-- More errors of one kind than this service usually has.
local p = params {
  min_count = 20,       -- errors within five minutes, below which nothing is a spike
  factor = 4.0,         -- times the usual rate
  usual_floor = 1.0,    -- errors a minute that count as usual when there were fewer
}

return rule {
  api = 1, id = "errors.spike", title = "Errors of one kind are piling up", severity = "critical", type = "error_spike",
  status = "stable", tags = { "sre.errors" }, date = "2026-11-21",
  description = "Compares the errors of the last five minutes with the hour before, per service and type of error. "
    .. "Logs that name no type are grouped by service alone.",
  falsepositives = {
    "a deployment that logs at error level what used to be a warning",
    "a nightly job that fails in one burst and is retried",
  },
  -- What strangers make sshd say is another rule's matter.
  where = [[level >= error and not (service == "sshd")]], by = { "service", "error_type" }, max_keys = 10000,
  state = {
    now = window.count("5m"), usual = window.count { "1h", offset = "5m" }, sample = ring(3),
  },
  on = function(e, s)
    s.now:add(e)
    s.usual:add(e)
    s.sample:push(e)
    s.has_type = type(e.error_type) == "string"
  end,
  every = "15s", keep_firing = "5m",
  check = function(s)
    local count = s.now:count()
    if count < p.min_count then return end
    local rate, usual = s.now:per_minute(), s.usual:per_minute()
    if rate > p.factor * math.max(usual, p.usual_floor) then
      return alert {
        value = rate, expected = usual, evidence = s.sample,
        summary = (s.has_type and "{service}: {error_type}" or "{service}: errors")
          .. " at {value:.0f} a minute, usually {expected:.1f}",
      }
    end
  end,
  actions = {
    "Compare the time of the first error with the last deployment and configuration change",
    "Open the evidence and look for the dependency that it names",
    "Check the health of that dependency before restarting the service",
  },
}
