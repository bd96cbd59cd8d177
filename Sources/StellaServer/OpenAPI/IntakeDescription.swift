import StellaModel

extension AreaDescription {
  package static let intake = AreaDescription(
    "intake", "What programs send events with. Bodies may be compressed with gzip or deflate.",
    routes: [
      take(
        "/api/v1/events", "sendEvents", "Events as JSON or lines of text; acknowledged once they are durable",
        [
          .init("application/x-ndjson", .text, example: .string("{\"level\":\"error\",\"message\":\"no\"}")),
          .init("application/json", .either([.map(.any), .list(.map(.any))])), .init("text/plain", .text),
        ]),
      RouteDescription(
        "POST", "/v1/logs", "sendOTLP", "Logs as OTLP/HTTP has them", .events,
        body: [
          .init("application/json", .object([.init("resourceLogs", .list(.map(.any)), isRequired: false)])),
          .init("application/x-protobuf"),
        ],
        answers: [
          .init(200, "They are durable.", [.init("application/json", .map(.any)), .init("application/x-protobuf")])
        ],
        problems: []
      ).refusing([400, 413, 415, 503], [.init("application/json", .map(.any)), .init("application/x-protobuf")]),
      RouteDescription(
        "POST", "/loki/api/v1/push", "sendLoki", "Streams as Loki's clients push them", .events,
        body: [
          .init("application/json", .object([.init("streams", .list(.map(.any)))])), .init("application/x-protobuf"),
        ], answers: [.init(204, "They are durable.")], problems: [400, 413, 415, 503]),
      take(
        "/api/v1/alertmanager", "sendAlertmanager", "What Alertmanager's webhook sends",
        [.init("application/json", .object([.init("alerts", .list(.map(.any)))]))]),
      RouteDescription(
        "POST", "/api/v1/webhooks/:name", "sendWebhook", "What is signed with the secret of a declared webhook",
        .signed,
        parameters: [.init("name", .path, "As it is declared in stella.yaml.")],
        body: [.init("application/json", .either([.map(.any), .list(.map(.any))]))],
        answers: [.init(200, "They are durable.", [.init("application/json", .named("Accepted"))])],
        problems: [400, 401, 404, 413, 415, 503]),
    ],
    schemas: [
      (
        "Accepted",
        .object([
          .init("accepted", .count), .init("rejected", .count, isRequired: false),
          .init("reason", .text, isRequired: false), .init("truncated", .count, isRequired: false),
        ])
      )
    ])

  private static func take(
    _ path: String, _ id: String, _ summary: String, _ body: [RouteDescription.Content]
  ) -> RouteDescription {
    RouteDescription(
      "POST", path, id, summary, .events, body: body,
      answers: [.init(200, "They are durable.", [.init("application/json", .named("Accepted"))])],
      problems: [400, 413, 415, 503])
  }
}

extension RouteDescription {
  /// Refusals in a form of the route's own besides ``Problem``.
  fileprivate func refusing(_ statuses: [Int], _ contents: [Content]) -> RouteDescription {
    var route = self
    route.answers += statuses.map {
      Answer($0, "Refused, as the specification has it.", contents + [Content(Problem.mediaType, .named("Problem"))])
    }
    return route
  }
}
