-- A machine, or a container, has hardly any memory left.
local p = params {
  percent = 8.0,        -- of the memory that must be available
}

return rule {
  api = 1, id = "capacity.memory-low", title = "Memory runs out", severity = "high", type = "saturation",
  status = "test", tags = { "sre.capacity", "sre.metrics" }, date = "2026-11-22",
  description = "Memory that is available as a share of all of it, for five minutes: node_memory_MemAvailable_bytes and "
    .. "node_memory_MemTotal_bytes of a machine, container_memory_working_set_bytes and container_spec_memory_limit_bytes of a "
    .. "container. Caches that can be given up count as available.",
  falsepositives = { "a database that is given nearly all memory of its machine on purpose" },
  where = [[scrape ~= nil and (node_memory_MemAvailable_bytes ~= nil or node_memory_MemTotal_bytes ~= nil
    or container_memory_working_set_bytes ~= nil or container_spec_memory_limit_bytes ~= nil)]],
  by = { "service", "instance", "pod", "container" }, max_keys = 10000, memory = "4MiB",
  state = { sample = ring(2) },
  on = function(e, s)
    local all = tonumber(e.node_memory_MemTotal_bytes or e.container_spec_memory_limit_bytes)
    if all then s.all, s.all_at = all, e.time end
    local free, used = tonumber(e.node_memory_MemAvailable_bytes), tonumber(e.container_memory_working_set_bytes)
    if free then s.free, s.used, s.at = free, nil, e.time end
    if used then s.free, s.used, s.at = nil, used, e.time end
    if free or used then s.sample:push(e) end
  end,
  every = "30s", hold = "5m", keep_firing = "5m",
  check = function(s, t)
    -- Without a limit, a container's is 0.
    if not s.at or not s.all or s.all <= 0 or t - s.at >= 300e9 or t - s.all_at >= 300e9 then return end
    local percent = 100 * (s.free or s.all - s.used) / s.all
    if percent < p.percent then
      return alert {
        value = percent, total_mib = s.all / 1048576, evidence = s.sample,
        summary = "{service} {instance} {container}: {value:.1f}% of {total_mib:.0f} MiB are available",
      }
    end
  end,
  actions = {
    "Find what has grown: ps, or the memory of its containers",
    "Restart what leaks, after a heap dump where one can be taken",
    "Move load away before the kernel ends a process",
  },
}
