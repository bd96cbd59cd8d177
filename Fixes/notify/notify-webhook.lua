-- Tells the people on call, in their chat, that a service is in trouble. Changes nothing else.
return fix {
  api = 1, id = "notify-webhook", title = "Tell the on-call channel that a service is in trouble", status = "test",
  description = "Posts one message that names the service. Which addresses may be asked, the target says; the token is a secret "
    .. "that only the request has.",
  tags = { "sre.notify" }, date = "2026-11-21",
  handles_type = { "error_spike", "dependency_down" }, params = { service = "string" }, targets = { "on-call-hook" },
  cooldown = "1h",

  when = function(alert)
    return alert.severity == "high" or alert.severity == "critical"
  end,

  plan = function(ctx, p)
    return {
      http.request {
        target = "on-call-hook", method = "POST", url = "https://on-call.internal/v1/messages",
        secret_headers = { authorization = { prefix = "Bearer ", secret = "on-call-token@1" } },
        idempotency_header = "idempotency-key",
        body = { text = p.service .. " has trouble that its rules call serious", service = p.service },
        irreversible = "a message that was read stays read",
      },
    }
  end,
}
