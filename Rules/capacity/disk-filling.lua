-- A disk that will be full in a few hours if it goes on like this.
local p = params {
  full = 100.0,         -- percent
  hours = 12.0,         -- warn when it is full within this time
  urgent_hours = 2.0,   -- and then it is critical
  min_used = 40.0,      -- percent that must be in use already
}

return rule {
  api = 1, id = "capacity.disk-filling", title = "A disk will be full soon", severity = "high", type = "disk_forecast",
  status = "test", tags = { "sre.capacity" }, date = "2026-11-21",
  description = "Follows the trend of the last six hours in what agents log about a disk, and asks when it reaches the limit. "
    .. "The whole interval of the trend must head there, so that noise on a level disk is no trend.",
  falsepositives = { "a backup or an import that ends before the disk is full", "a disk that is cleaned up by a nightly job" },
  where = [[disk_used_percent > 0 or disk_usage_percent > 0
    or (used_percent > 0 and (mount ~= nil or mountpoint ~= nil or device ~= nil))]],
  by = { "host", "mount", "mountpoint", "device" }, max_keys = 20000,
  state = { used = forecast { "6h", min_history = "1h" }, sample = ring(2) },
  on = function(e, s)
    s.used:add(e.disk_used_percent or e.disk_usage_percent or e.used_percent)
    s.sample:push(e)
  end,
  every = "5m", hold = "10m", keep_firing = "30m",
  check = function(s)
    local eta = s.used:eta_s(p.full)
    if not eta or eta > p.hours * 3600 then return end
    local latest = s.used:eta_high_s(p.full)
    if latest and s.used:level() >= p.min_used then
      return alert {
        value = eta, evidence = s.sample, severity = eta <= p.urgent_hours * 3600 and "critical" or "high",
        used = s.used:level(), per_hour = s.used:slope_per_hour(), soonest = s.used:eta_low_s(p.full), latest = latest,
        summary = "{host} {mount}: {used:.0f}% used, {per_hour:.1f} more an hour; full in {value:dur} "
          .. "({soonest:dur} to {latest:dur})",
      }
    end
  end,
  actions = {
    "Find what grows: du -x on the mount, newest large files first",
    "Rotate or delete old logs and temporary files",
    "Extend the volume before the soonest time",
  },
}
