-- A file system is nearly full, or will be soon.
local p = params {
  percent = 7.0,        -- that must be free
  hours = 8.0,          -- warn when it is full within this time, by the trend of the last hours
  trend_percent = 30.0, -- and less than this is free already
}

return rule {
  api = 1, id = "capacity.filesystem-full", title = "A file system runs full", severity = "high", type = "disk_forecast",
  status = "test", tags = { "sre.capacity", "sre.metrics" }, date = "2026-11-22",
  description = "What node_filesystem_avail_bytes and node_filesystem_size_bytes say is free, and when it is used up if it goes on "
    .. "as in the last hours. File systems that hold no data of their own, such as tmpfs and squashfs, are left out.",
  falsepositives = { "a file system of fixed size that is meant to be full, such as one of an image" },
  where = [[scrape ~= nil and (node_filesystem_avail_bytes ~= nil or node_filesystem_size_bytes ~= nil)
    and not one_of(fstype, "tmpfs", "ramfs", "squashfs", "overlay", "iso9660", "devtmpfs", "fuse.lxcfs", "erofs")]],
  by = { "service", "instance", "mountpoint" }, max_keys = 10000, memory = "4MiB",
  state = { used = forecast { "6h", min_history = "1h" }, sample = ring(2) },
  on = function(e, s)
    local size = tonumber(e.node_filesystem_size_bytes)
    if size then s.size = size end
    local free = tonumber(e.node_filesystem_avail_bytes)
    if not free or not s.size or s.size <= 0 then return end
    s.free, s.at = 100 * free / s.size, e.time
    s.used:add(100 - s.free)
    s.sample:push(e)
  end,
  every = "1m", hold = "5m", keep_firing = "15m",
  check = function(s, t)
    if not s.free or t - s.at >= 600e9 then return end
    local eta = s.used:eta_s(100)
    local soon = eta and eta <= p.hours * 3600 and s.used:eta_high_s(100) and s.free < p.trend_percent
    if s.free >= p.percent and not soon then return end
    return alert {
      value = s.free, eta = soon and eta or nil, evidence = s.sample, severity = s.free < p.percent / 2 and "critical" or "high",
      summary = soon and "{instance} {mountpoint}: {value:.1f}% free, full in {eta:dur}" or "{instance} {mountpoint}: {value:.1f}% free",
    }
  end,
  actions = {
    "Find what grows: du -x on the mount, newest large files first",
    "Rotate or delete old logs and temporary files",
    "Extend the volume",
  },
}
