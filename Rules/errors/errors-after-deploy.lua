-- A deploy, and then errors of the same service.
local p = params {
  min_errors = 20,      -- errors within ten minutes after the deploy
}

return rule {
  api = 1, id = "errors.after-deploy", title = "Errors after a deploy", severity = "high", type = "bad_deploy",
  status = "stable", tags = { "sre.deploys", "sre.errors" }, date = "2026-11-21",
  description = "A service logs many errors within the ten minutes after it was deployed, and was not rolled back meanwhile.",
  falsepositives = { "a service that always logs as many errors: raise min_errors for it" },
  by = { "service" }, max_keys = 10000,
  sequence = { within = "10m",
    { name = "deploy", match = [[one_of(event, "deploy", "deployed", "deploy.done", "deploy.finished", "deploy.completed",
      "deploy_finished", "deploy_completed", "deployment", "deployment.finished", "deployment.completed", "deployment_finished",
      "deployment_completed", "release", "released", "release.deployed", "rollout.completed")]] },
    { name = "errors", match = [[level >= error]], times = p.min_errors, cap_events = 5 },
  },
  cancel_on = [[one_of(event, "rollback", "rolled_back", "deploy.rolled_back", "deployment.rolled_back", "deployment_rolled_back",
    "rollback.completed", "release.rolled_back")]],
  on_match = function(m)
    return alert {
      value = m.errors.seen, version = m.deploy.first and m.deploy.first.version,
      summary = "{service} logged {value} errors within ten minutes after a deploy",
    }
  end,
  suppress_for = "30m",
  actions = {
    "Compare the errors in the evidence with those from before the deploy",
    "Roll the deploy back",
  },
}
