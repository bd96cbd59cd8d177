-- A circuit breaker opened and did not close again.
local p = params {
  wait = "5m",          -- how long it may stay open
}

return rule {
  api = 1, id = "errors.circuit-stays-open", title = "Circuit breaker stays open", severity = "high",
  type = "dependency_down", status = "stable", tags = { "sre.dependencies" }, date = "2026-11-21",
  description = "A circuit breaker of a service opened, and no breaker of it closed within the time: what it calls does not come "
    .. "back. Known are resilience4j's lines and events named for it.",
  falsepositives = { "a breaker that was opened by hand for maintenance" },
  by = { "service" }, max_keys = 10000,
  sequence = { within = p.wait,
    { name = "opened", match = [[one_of(event, "circuit.open", "circuit.opened", "circuit_open", "circuit_opened",
      "circuit_breaker.open", "circuit_breaker.opened", "circuit_breaker_open", "circuit_breaker_opened", "circuitBreakerOpened")
      or contains(message, "CircuitBreaker '") and contains(message, " to OPEN")]] },
    { name = "closed", absent = true, match = [[one_of(event, "circuit.closed", "circuit_close", "circuit_closed",
      "circuit_breaker.close", "circuit_breaker.closed", "circuit_breaker_close", "circuit_breaker_closed", "circuitBreakerClosed")
      or contains(message, "CircuitBreaker '") and contains(message, " to CLOSED")]] },
  },
  summary = "a circuit breaker of {service} opened and has not closed again: {message}",
  suppress_for = "30m",
  actions = {
    "Look at what the breaker calls: is it up, is it slow, is the network between them?",
    "Tell users what does not work meanwhile",
  },
}
