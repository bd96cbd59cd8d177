-- An intrusion detection system or a SIEM raises alerts that it has never raised before.
local p = params {
  learn = "24h",         -- how long the stream is watched before anything in it is new
  forget = "90d",        -- after this long without it an alert counts as new again
  burst = 4,             -- alerts that are new for their machines within half an hour, which together are a trouble
}

-- What Suricata's rules themselves call informational: oddities of protocols and policies.
local function is_informational(e, kind)
  return e["alert.severity"] == 3 or kind:find("ET INFO ", 1, true) or kind:find("ET POLICY ", 1, true)
    or kind:find("SURICATA ", 1, true)
end

return rule {
  api = 1, id = "security.alert-novelty", title = "Security alerts of a new kind", severity = "medium",
  type = "alert_novelty", status = "test", tags = { "attack.initial_access", "sre.security" }, date = "2026-11-21",
  description = "Watches the alerts of other tools (Suricata EVE, Wazuh, ECS, and flat events whose name begins with that of "
    .. "the tool) and says which of them matter: a type of alert that the site never had, and, since a break-in moves from "
    .. "machine to machine, several alerts within half an hour that are new for their machines. What is merely informational "
    .. "counts for the second only. Types that go on all day are never reported.",
  falsepositives = {
    "a new version of the tool or of its rules",
    "a new machine, whose first alerts are all new",
    "a maintenance that touches many machines",
  },
  where = [[field("event_type") == "alert" and field("alert.signature") ~= nil or field("rule.description") ~= nil and field("agent.name") ~= nil
    or field("event.kind") == "alert" and field("rule.name") ~= nil
    or host ~= nil and matches(name, [=[(?i)^(?:wazuh|ossec|suricata|snort|zeek|bro|aminer|falco|samhain|clamav|crowdsec|modsecurity):]=])]],
  by = { "environment" }, max_keys = 100, state_memory = "128MiB",
  state = {
    types = first_seen { p.forget, learn = p.learn, cap = 4096 },
    places = first_seen { p.forget, learn = p.learn, cap = 65536 },
    fresh = window.sum("30m"), sample = ring(5),
  },
  on = function(e, s)
    local kind = e["alert.signature"] or e["rule.description"] or e["rule.name"] or e.name
    local machine = e["agent.name"] or e.host or e.dst_ip or "?"
    if type(kind) ~= "string" or type(machine) ~= "string" then return end
    local is_new_type, is_new_here = s.types:add(kind), s.places:add(kind .. "\n" .. machine)
    if not is_new_here then return end
    s.fresh:add(1)
    s.sample:push(e)
    if is_new_type and not is_informational(e, kind) then
      return alert {
        kind = kind, machine = machine, evidence = s.sample, value = s.fresh:count(),
        summary = "{machine}: the first alert of its kind anywhere: {kind}",
      }
    elseif s.fresh:count() >= p.burst then
      return alert {
        kind = kind, machine = machine, evidence = s.sample, value = s.fresh:count(),
        summary = "{machine}: {kind}, one of {value} alerts within half an hour that are new for their machines",
      }
    end
  end,
  -- Steps of a break-in follow each other within a minute, and each is told.
  suppress_for = "10s",
  actions = {
    "Look at the machine's other alerts and logs of the same minutes",
    "Ask whether somebody scans, tests or maintains the machines",
    "Isolate the machine when logins or changes follow",
  },
}
