-- Cron did not start a command that it used to start.
local p = params {
  every = "24h",        -- how often each command is started
  grace = "30m",        -- how much later it may be
  commands = "",        -- commands that must be started, with commas; they are missed even if they never were
}

return rule {
  api = 1, id = "availability.cron-missed", title = "Cron job missed its run", severity = "medium", type = "job_missed",
  status = "stable", tags = { "sre.deadman" }, date = "2026-11-21",
  description = "Cron logs each command that it starts. One that was started in time for three days, or that the parameter "
    .. "names, was not. That it was started says nothing of how it ended: availability.job-missed looks for that.",
  falsepositives = { "a crontab that was changed", "a machine that was taken out of service" },
  where = [[event == "cron.command" and command ~= nil]], by = { "command" }, max_keys = 10000,
  absence = { every = p.every, grace = p.grace, roster = p.commands, learn = "3d", forget_after = "14d" },
  summary = "cron has not started {command} for {value:dur}, last {last_seen}",
  actions = {
    "Check that cron runs and that the machine was up",
    "Look for the line in the crontab, and for what cron mails to its owner",
  },
}
