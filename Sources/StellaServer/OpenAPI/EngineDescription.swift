import StellaModel

extension AreaDescription {
  package static let engine = AreaDescription(
    "engine", "How the engine fares, the stop of all effects, and who you are.",
    routes: [
      .operation(
        "GET", "/top", "top", "What the engine does and each rule costs it; the first answer takes some seconds", .read,
        parameters: [
          .init("sort", "What comes first.", .oneOf(OperatorRequest.TopFilter.Order.allCases.map(\.rawValue))),
          .limit("The most rules that are given."),
        ], lines: .object([.init("kind", .oneOf(["engine", "rule"]))]),
        meaning: "One line for the engine, then one for each rule."),
      .operation("GET", "/freeze", "getFreeze", "Whether all effects are stopped", .read, answer: .named("Freeze")),
      .operation(
        "PUT", "/freeze", "setFreeze", "Stop all effects at the next boundary, durably", .respond,
        body: .object([.init("reason", .text)], isClosed: true), answer: .named("Freeze"), problems: [409, 500]),
      .operation(
        "DELETE", "/freeze", "endFreeze", "Let effects go on", .thaw,
        parameters: [.init("reason", .query, "Why.", .text, isRequired: true)], answer: .named("Freeze"),
        problems: [409, 500]),
      .operation("GET", "/whoami", "whoami", "Who you are here, and what you may do", .read, answer: .named("Whoami")),
      RouteDescription(
        "GET", "/metrics", "metrics", "Figures for Prometheus", .right(.read),
        answers: [.init(200, "Prometheus's text format.", [.init("text/plain", .text)])]),
      RouteDescription(
        "GET", "/health/metrics", "metricsAsJSON", "The same figures as JSON", .right(.read),
        answers: [
          .init(
            200, "Figures.",
            [
              .init(
                "application/json",
                .object([
                  .init(
                    "metrics",
                    .list(
                      .object([
                        .init("name", .text), .init("type", .text), .init("help", .text),
                        .init(
                          "samples", .list(.object([.init("labels", .map(.text)), .init("value", .number)]))),
                      ])))
                ]))
            ])
        ]),
      RouteDescription(
        "GET", "/telemetry/snapshot", "telemetrySnapshot", "How everything stands at the moment, in one object",
        .right(.read),
        answers: [.init(200, "The snapshot.", [.init("application/json", .named("Snapshot"))])]),
      RouteDescription(
        "GET", "/health", "health", "Whether the process is alive", .everybody,
        answers: [.init(200, "It is.", [.init("application/json", .named("Health"))])],
        // A secret in a URL is refused everywhere.
        problems: [400]),
      RouteDescription(
        "HEAD", "/health", "healthStatus", "The same by its status alone", .everybody, answers: [.init(200, "It is.")],
        problems: [400]),
      RouteDescription(
        "HEAD", "/ready", "readyStatus", "Whether requests should come here, by the status alone", .everybody,
        answers: [.init(200, "They should."), .init(503, "Not now.")], problems: [400]),
      RouteDescription(
        "GET", "/ready", "ready", "Whether requests should come here", .everybody,
        answers: [
          .init(200, "They should.", [.init("application/json", .named("Health"))]),
          .init(503, "Not now; `parts` says why.", [.init("application/json", .named("Health"))]),
        ], problems: [400]),
      RouteDescription(
        "GET", "/api/v1/openapi.json", "openapi", "This document", .right(.read),
        answers: [.init(200, "OpenAPI 3.1.", [.init("application/json", .object([.init("openapi", .text)]))])]),
    ],
    schemas: [
      (
        "Snapshot",
        .object([
          .init("time", .time), .init("version", .text), .init("uptime_seconds", .number),
          .init(
            "engine",
            .object([
              .init("events", .count), .init("late_events", .count), .init("undecoded_lines", .count),
              .init("sources", .count), .init("latest_event", .time.orNull), .init("rules", .count),
              .init("refused", .count), .init("resting", .count), .init("open_alerts", .count),
              .init("cpu_seconds", .number), .init("resident_bytes", .count),
            ]).orNull),
          .init(
            "traffic",
            .object([
              .init("events_per_second", .number), .init("error_rate", .number.orNull), .init("active_users", .count),
              .init("events_by_level", .map(.count)),
            ]).orNull), .init("alerts_firing", .count), .init("alerts", .list(.named("Alert"))),
          .init("approvals_waiting", .count), .init("approvals", .list(.named("Run"))), .init("frozen", .flag),
          .init("stream", .map(.count)),
        ])
      ),
      (
        "Freeze",
        .object([
          .init("frozen", .flag), .init("by", .text, isRequired: false), .init("reason", .text, isRequired: false),
          .init("since", .time, isRequired: false),
        ])
      ),
      (
        "Whoami",
        .object([
          .init("means", .oneOf(["uid", "session", "token", "oidc", "local"])), .init("uid", .integer.orNull),
          .init("account", .text.orNull), .init("user", .text.orNull), .init("roles", .texts), .init("groups", .texts),
          .init("token", .text, isRequired: false), .init("scopes", .texts, isRequired: false),
          .init("problem", .text, isRequired: false),
        ])
      ),
      (
        "Health",
        .object([
          .init("status", .text), .init("ready", .flag),
          .init(
            "parts", .list(.object([.init("name", .text), .init("well", .flag), .init("detail", .text)]))),
        ])
      ),
    ])
}
