-- A service that has stopped is started again by systemd. Which services may be, the target's list of commands says.

-- The name goes to a command: it must not be an option or a path.
local function is_name(service) return type(service) == "string" and service:find("^%w[%w_-]*$") ~= nil end

return fix {
  api = 1, id = "restart-service", title = "Restart a service that has stopped", status = "test",
  description = "Restarts one unit that does not run. A service that runs and hangs is nothing for this fix: whether it was "
    .. "restarted could not be told afterwards.",
  tags = { "sre.service" }, date = "2026-11-21",
  handles_type = { "service_down" }, params = { service = "string" }, targets = { "local" },
  approval = "always", cooldown = "30m",

  when = function(alert) return is_name(alert.key.service) end,

  plan = function(ctx, p)
    assert(is_name(p.service), "the service has no plain name")
    local unit = p.service .. ".service"
    return {
      exec {
        target = "local", argv = { "systemctl", "restart", unit },
        observe = {
          argv = { "systemctl", "is-active", "--quiet", unit },
          applied = { 0 }, not_applied = { 3 },
        },
        irreversible = "what the service does once it runs stays done",
      },
    }
  end,
}
