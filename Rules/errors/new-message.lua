-- A service says something at warning level or above that it has never said before.
local p = params {
  learn = "24h",         -- how long a service is listened to before anything it says is new
  max_kinds = 1000,      -- kinds of messages remembered for each service
}

return rule {
  api = 1, id = "errors.new-message", title = "New kind of log message", severity = "low", type = "new_message",
  status = "test", tags = { "sre.errors" }, date = "2026-11-21",
  description = "Finds the templates of the messages of each service and reports a message that fits none of them: low for a "
    .. "warning, medium for an error and above. A service is quiet while it is learned, and what follows within ten minutes "
    .. "of a new kind joins its alert.",
  falsepositives = {
    "a deployment that changed the words of messages",
    "a service that puts free text or code in its messages",
    "a job that runs less often than the time of learning",
  },
  -- What strangers make sshd say is another rule's matter.
  where = [[level >= warning and message ~= nil and not (service == "sshd")]], by = { "service" }, max_keys = 500,
  state_memory = "256MiB",
  state = { kinds = templates { p.learn, max = p.max_kinds } },
  on = function(e, s)
    if not s.kinds:add(e) then return end
    local level = e.level
    return alert {
      severity = (level == "error" or level == "critical") and "medium" or "low",
      evidence = e, template = s.kinds:template(), template_id = s.kinds:id(), known = s.kinds:size(),
      summary = "{service} says something new: {template}",
    }
  end,
  suppress_for = "10m",
  actions = {
    "Read the message in the evidence, and what the service logged around it",
    "Compare its time with the last deployment and configuration change",
  },
}
