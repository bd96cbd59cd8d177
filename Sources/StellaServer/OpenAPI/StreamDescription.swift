import StellaModel

extension AreaDescription {
  package static let stream = AreaDescription(
    "stream", "What happens, as it happens.",
    routes: [
      events("/api/v1/stream", "stream"), events("/api/stella/server-logs-stream", "serverLogsStream"),
      socket("/api/v1/ws", "socket"), socket("/telemetry/ws", "telemetrySocket"),
    ],
    schemas: [
      (
        "Event",
        .object([
          .init("time", .time, isRequired: false), .init("level", .text.orNull, isRequired: false),
          .init("service", .text.orNull, isRequired: false), .init("message", .text.orNull, isRequired: false),
          .init("fields", .map(.any), isRequired: false),
        ])
      ),
      (
        "Message",
        .object([
          .init("id", .text, isRequired: false),
          .init("type", .oneOf(["event", "alert", "run", "silence", "gap", "ping", "dropped", "end"])),
          .init("data", .any),
        ])
      ),
    ])

  static let streamFilters: [RouteDescription.Parameter] = [
    .init(
      "types", "Of `event`, `alert`, `run`, `silence`, with commas between them.", .text.example(.string("event,alert"))
    ),
    .init("level", "Events of at least this level.", .oneOf(LogLevel.allCases.map(\.name))),
    .init(
      "service",
      "Events of these services, and alerts whose key names one; silences whose key names another are left out."),
    .init("rule", "Alerts, runs and silences of these rules."),
    .init("severity", "Alerts of at least this severity.", .oneOf(Severity.allCases.map(\.rawValue))),
    .init("where", "Events for which a condition holds, as in rules.", .text.longest(4096)),
    .init("last_event_id", "Goes on behind this message."),
  ]

  private static func events(_ path: String, _ id: String) -> RouteDescription {
    RouteDescription(
      "GET", path, id, "Server-sent events, or with `Accept: application/x-ndjson` one object a line; without an end",
      .right(.read), parameters: streamFilters,
      answers: [
        .init(
          200, "Messages, as they come.",
          [.init("text/event-stream", .text), .init("application/x-ndjson", .list(.named("Message")))])
      ])
  }

  private static func socket(_ path: String, _ id: String) -> RouteDescription {
    RouteDescription(
      "GET", path, id,
      "The same messages over a WebSocket, each a text; a text with a filter as JSON that the client sends holds from then on",
      .right(.read), parameters: streamFilters, answers: [.init(101, "The WebSocket begins.")], problems: [426])
  }
}
