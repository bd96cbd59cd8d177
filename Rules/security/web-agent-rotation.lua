-- One address claims to be another browser with every request.
local p = params {
  min_agents = 10,      -- different user agents within a minute
}

return rule {
  api = 1, id = "security.web-agent-rotation", title = "One address with many user agents", severity = "low", type = "flood",
  status = "stable", tags = { "attack.defense_evasion", "attack.t1036" }, date = "2026-11-21",
  description = "Tools that hide from filters change their user agent with every request. Many different ones of one address "
    .. "within a minute.",
  falsepositives = { "an office, a school or a mobile network behind one address: raise min_agents" },
  where = [[user_agent ~= nil and src_ip ~= nil and (method ~= nil or status ~= nil)]],
  by = { "src_ip" }, max_keys = 50000,
  threshold = { count = p.min_agents, within = "1m", distinct = "user_agent" },
  summary = "{src_ip} used {value} different user agents within a minute",
  suppress_for = "30m",
  actions = { "Compare with the number of people behind the address", "Limit the rate per address" },
}
