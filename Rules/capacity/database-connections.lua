-- A database, or a pool in front of it, has hardly a connection left.
local p = params {
  percent = 85.0,       -- of the connections that there may be
}

return rule {
  api = 1, id = "capacity.database-connections", title = "Connections of a database run out", severity = "high",
  type = "saturation", status = "test", tags = { "sre.capacity", "sre.metrics" }, date = "2026-11-22",
  description = "Connections in use as a share of those that there may be, for five minutes. It reads what exporters of PostgreSQL "
    .. "and MySQL, HikariCP and Go's database/sql expose.",
  falsepositives = { "a pool that is kept full on purpose: leave it out by an exception, or raise percent" },
  where = [[scrape ~= nil and (pg_stat_activity_count ~= nil or pg_stat_database_numbackends ~= nil
    or pg_settings_max_connections ~= nil or mysql_global_status_threads_connected ~= nil
    or mysql_global_variables_max_connections ~= nil or hikaricp_connections_active ~= nil or hikaricp_connections_max ~= nil
    or go_sql_in_use_connections ~= nil or go_sql_max_open_connections ~= nil)]],
  by = { "service", "instance", "pool" }, max_keys = 2000, memory = "4MiB",
  state = { sample = ring(2) },
  on = function(e, s)
    local most = tonumber(e.pg_settings_max_connections or e.mysql_global_variables_max_connections or e.hikaricp_connections_max
      or e.go_sql_max_open_connections)
    if most then s.most, s.most_at = most, e.time end
    local used = tonumber(e.pg_stat_activity_count or e.pg_stat_database_numbackends or e.mysql_global_status_threads_connected
      or e.hikaricp_connections_active or e.go_sql_in_use_connections)
    if not used then return end
    -- One count for each database, state or user: they add up.
    local name = tostring(e.datname) .. "\0" .. tostring(e.state) .. "\0" .. tostring(e.usename) .. "\0" .. tostring(e.db_name)
    s.used = s.used or {}
    s.used[name] = { value = used, at = e.time }
    s.sample:push(e)
  end,
  every = "30s", hold = "5m", keep_firing = "5m",
  check = function(s, t)
    if not s.most or s.most <= 0 or t - s.most_at >= 300e9 then return end
    local used = 0
    for name, sample in pairs(s.used or {}) do
      if t - sample.at >= 300e9 then s.used[name] = nil else used = used + sample.value end
    end
    local percent = 100 * used / s.most
    if percent >= p.percent then
      return alert {
        value = percent, used = used, most = s.most, evidence = s.sample,
        summary = "{service} {instance} {pool}: {used:.0f} of {most:.0f} connections are in use",
      }
    end
  end,
  actions = {
    "See who holds them: pg_stat_activity, SHOW PROCESSLIST, or the metrics of the pool",
    "End sessions that are idle in a transaction",
    "Look for a leak in what was deployed last, before the limit is raised",
  },
}
