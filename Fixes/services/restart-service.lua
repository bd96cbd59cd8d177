-- A service that hangs is restarted by systemd. Which services may be, the target's list of commands says.

-- The name goes to a command: it must not be an option or a path.
local function is_name(service) return type(service) == "string" and service:find("^%w[%w_-]*$") ~= nil end

return fix {
  api = 1, id = "restart-service", title = "Restart a service", status = "test",
  description = "Restarts one unit and looks whether it runs afterwards. What the service held in memory is lost; a cause "
    .. "that comes back brings the alert back.",
  tags = { "sre.service" }, date = "2026-11-21",
  handles_type = { "service_hangs", "memory_leak" }, params = { service = "string" }, targets = { "local" },
  approval = "always", cooldown = "30m",

  when = function(alert) return is_name(alert.key.service) end,

  plan = function(ctx, p)
    assert(is_name(p.service), "the service has no plain name")
    local unit = p.service .. ".service"
    return {
      exec {
        target = "local", argv = { "systemctl", "restart", unit }, timeout = "90s",
        probe = { argv = { "systemctl", "is-active", "--quiet", unit } },
      },
    }
  end,
}
