-- A service that always logs something logs nothing any more.
local p = params {
  silence = "15m",      -- how long a service may be silent
}

return rule {
  api = 1, id = "availability.service-silent", title = "Service went silent", severity = "medium", type = "service_silent",
  status = "stable", tags = { "sre.deadman" }, date = "2026-11-21",
  description = "A service that never paused for longer than that for a whole day has logged nothing since. It hangs, its "
    .. "machine or its log shipping is gone, or nobody can reach it.",
  falsepositives = { "a service that was taken out of use: it is forgotten after a day", "a log level that was raised" },
  where = [[service ~= nil]], by = { "service" }, max_keys = 10000,
  absence = { every = p.silence, learn = "1d", forget_after = "1d" },
  summary = "{service} has logged nothing for {value:dur}, last {last_seen}",
  actions = {
    "Ask the service's health endpoint, and look whether its process is there",
    "Check the log shipping of its machine: are other services of it silent as well?",
    "Look for a deploy or a change of its log level at that time",
  },
}
