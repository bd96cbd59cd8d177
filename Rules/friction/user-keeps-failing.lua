-- One person tries the same thing again and again and does not get through.
local p = params {
  min_failures = 8,     -- within ten minutes
  share = 0.7,          -- of what the person does on that route that fails
}

return rule {
  api = 1, id = "friction.user-keeps-failing", title = "One user keeps failing", severity = "medium", type = "user_friction",
  status = "stable", tags = { "ux.friction" }, date = "2026-11-21",
  description = "Client errors, failed validations and failed logins of one known user on one route within ten minutes, when "
    .. "hardly anything else of that user gets through there.",
  falsepositives = { "a client of the API that polls a resource which is not there yet (404) or is rate limited (429)" },
  where = [[(user_id ~= nil or user ~= nil) and (status >= 200 and status < 500 or one_of(outcome, "fail", "ok", "failure", "success")) and not startswith(event, "ssh.") and not startswith(event, "pam.")]],
  by = { "user_id", "user", "route" }, max_keys = 100000, affected = "user_id",
  state = { tries = window.count("10m"), failures = window.count("10m"), sample = ring(5) },
  on = function(e, s)
    s.tries:add(e)
    local status = e.status
    local failed = status and status >= 400 and status ~= 404 and status ~= 429
      or not status and (e.outcome == "fail" or e.outcome == "failure")
    if not failed then return end
    s.failures:add(e)
    s.sample:push(e)
    local failures = s.failures:count()
    if failures >= p.min_failures and failures >= p.share * s.tries:count() then
      return alert {
        value = failures, count = failures, evidence = s.sample, who = e.user_id or e.user, affected_users = { e.user_id or e.user },
        summary = "{who} failed {value} times on {route} within ten minutes",
      }
    end
  end,
  suppress_for = "30m",
  actions = {
    "Read in the evidence what the form or the service refuses, and whether it is right to",
    "Look for other users with the same refusal",
    "Tell the user what to do, or correct the record that stands in the way",
  },
}
