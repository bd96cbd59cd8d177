-- A service doesn't answer the probe that asks it.
local p = params {
  failures = 3,         -- in a row
}

return rule {
  api = 1, id = "availability.service-down", title = "A service does not answer", severity = "critical",
  type = "service_down", status = "test", tags = { "sre.availability" }, date = "2026-11-22",
  description = "A probe of stella.yaml failed several times in a row within an hour. One that goes well in between begins the count "
    .. "anew, and ends the alert.",
  falsepositives = { "a planned restart that takes longer than the probes wait" },
  where = [[probe ~= nil and probe_kind ~= nil and ok == false]], by = { "service", "probe" }, max_keys = 1000,
  threshold = { count = p.failures, within = "1h" }, evidence = 3,
  cancel_on = [[ok == true]], resolve_when = [[ok == true]],
  summary = "{service}: the probe {probe} failed {value} times in a row ({error_type})",
  actions = {
    "Ask the service from another machine: is it the service or the network?",
    "Look at its own log and its process at the time of the first failure",
    "Check what it depends on: do other probes fail as well?",
  },
}
