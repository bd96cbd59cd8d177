import StellaModel

extension AreaDescription {
  package static let system = AreaDescription(
    "system", "How the system is, with its reasons, and what an analysis of it has found.",
    routes: [
      .operation(
        "GET", "/system", "getSystem", "How it is now", .read, answer: .named("SystemHealth"), meaning: "How it is.",
        problems: [404]),
      .operation(
        "GET", "/system/history", "listSystemHistory", "How it was, a sample a minute, the oldest first", .read,
        parameters: [
          since, until, .init("status", "Only these.", .oneOf(HealthStatus.allCases.map(\.rawValue))), scoreBelow,
          limit(1500),
        ], lines: .named("SystemHealth"), meaning: "Samples, one a line."),
      .operation(
        "GET", "/findings", "listFindings", "What the analysis has found", .read,
        parameters: [
          since, until,
          .init(
            "status", "Only these.", .oneOf(HealthFinding.Status.allCases.map(\.rawValue)), isRepeated: true),
          .init("severity", "At least this one.", .oneOf(Severity.allCases.map(\.rawValue))), scoreBelow, limit(200),
        ], lines: .named("Finding"), meaning: "Findings, one a line."),
      .operation(
        "POST", "/findings/:id/acknowledge", "acknowledgeFinding",
        "Say that somebody looks after it; recorded in the execution log", .respond,
        parameters: [.init("id", .path, "The finding's id, or the first 8 digits of it or more.", .text.longest(64))],
        body: .object([.init("reason", .text)], isClosed: true), answer: .named("Finding"), meaning: "It is recorded.",
        problems: [403, 404, 409, 422]),
    ],
    schemas: [
      (
        "SystemHealth",
        .object([
          .init("time", .time), .init("score", .integer.atLeast(0).atMost(100)),
          .init("status", .oneOf(HealthStatus.allCases.map(\.rawValue))),
          .init(
            "reasons",
            .list(
              .object([
                .init("code", .text), .init("text", .text), .init("points", .integer), .init("severity", .text),
                .init("since", .time.orNull),
              ]))), .init("uptime_s", .count), .init("active_users", .count),
          .init("error_rate", .number.orNull.meaning("A share; null while nothing says how it went.")),
          .init("events_per_second", .number),
        ])
      ),
      (
        "Finding",
        .object([
          .init("id", .text), .init("kind", .text), .init("subject", .text), .init("severity", .text),
          .init("status", .oneOf(HealthFinding.Status.allCases.map(\.rawValue))), .init("title", .text),
          .init("detail", .text), .init("recommendation", .text), .init("first_seen", .time),
          .init("last_seen", .time), .init("closed", .time.orNull), .init("score", .integer),
          .init("acknowledged", .either([.named("Remark"), .null]), isRequired: false),
        ])
      ),
    ])

  private static let since = RouteDescription.Parameter(
    "since", "A time, or how long ago.", .text.longest(64).example(.string("24h")))
  private static let until = RouteDescription.Parameter(
    "until", "Before then: a time, or how long ago.", .text.longest(64).example(.string("1h")))
  private static let scoreBelow = RouteDescription.Parameter("score_below", "Only with a lower score.", .integer)

  private static func limit(_ standard: Int64) -> RouteDescription.Parameter {
    .init(
      "limit", "The most that are given; the newest.",
      .integer.atLeast(1).atMost(100_000).standard(.integer(standard)))
  }
}
