-- Tells a chat or ticket system that users are affected. Changes nothing else.
return fix {
  api = 1, id = "notify-webhook", title = "Tell the on-call channel who is affected", status = "test",
  description = "Posts one message with the service and the region of the alert. The address and what may be sent there are "
    .. "in the target; the token is a secret that only the request has.",
  tags = { "sre.notify" }, date = "2026-11-21",
  handles_type = { "error_spike", "dependency_down" }, params = { service = "string" }, targets = { "on-call-hook" },
  cooldown = "1h",

  when = function(alert)
    return alert.severity == "high" or alert.severity == "critical"
  end,

  plan = function(ctx, p)
    return {
      http.request {
        target = "on-call-hook", method = "POST", path = "/v1/messages", timeout = "10s",
        headers = { Authorization = secret("on-call-token") },
        body = { text = p.service .. " has trouble that its rules call serious", service = p.service },
      },
    }
  end,
}
