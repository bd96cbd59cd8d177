import StellaModel

extension AreaDescription {
  package static let alerts = AreaDescription(
    "alerts", "What fired, what people said about it, and what keeps it back.",
    routes: [
      .operation(
        "GET", "/alerts", "listAlerts", "Alerts that fire, those that changed last at the end; then silences that hold",
        .read,
        parameters: [
          .init("all", "Also those that are over.", .oneOf(["true"])),
          .init("rule", "Only alerts of this rule."),
          .limit("The most that are given.", standard: 100),
        ], lines: .either([.named("Alert"), .named("Silence")]), meaning: "Alerts and silences, one a line."),
      .operation(
        "GET", "/alerts/:id", "getAlert", "One alert, with fixes that could help and exceptions of its rule", .read,
        parameters: [id], answer: .named("Alert"), meaning: "The alert.", problems: [404]),
      .operation(
        "POST", "/alerts/:id/acknowledge", "acknowledgeAlert", "Say that you look after an alert", .respond,
        parameters: [id], body: reason, example: because, answer: .named("Alert"), problems: [404, 409]),
      .operation(
        "POST", "/alerts/:id/resolve", "resolveAlert",
        "Say that an alert is over; a new one fires when its rule's condition is met again",
        .respond, parameters: [id], body: reason, example: because, answer: .named("Alert"), problems: [404, 409]),
      .operation(
        "POST", "/silences", "silence", "Keep alerts of a rule, or of a key of it, from being told for a while",
        .respond,
        body: .object(
          [
            .init("rule", .text), .init("key", .map(.text).meaning("Names and values of the key."), isRequired: false),
            .init("for", .text.meaning("Up to 30d.").example(.string("2h"))), .init("reason", .text.shortest(1)),
          ], isClosed: true),
        example: .object([
          .init("rule", .string("errors.spike")), .init("key", .object([.init("service", .string("shop"))])),
          .init("for", .string("2h")), .init("reason", .string("deploy")),
        ]), answer: .object([.init("number", .integer), .init("until", .time)]), problems: [404]),
      .operation(
        "DELETE", "/silences/:number", "unsilence", "End a silence", .respond,
        parameters: [.init("number", .path, "The silence's number.", .integer)],
        answer: .object([.init("number", .integer)]), problems: [404]),
      .operation(
        "GET", "/mutes", "listMutes",
        "Silences, exceptions of rules, maintenance windows and shadow mode that are in force",
        .read, lines: .named("Mute"), meaning: "What mutes, one a line."),
    ],
    schemas: [
      ("Alert", alert), ("Silence", silence),
      (
        "Mute",
        .object([
          .init("kind", .oneOf(["silence", "exception", "maintenance", "shadow"])), .init("by", .text),
          .init("reason", .text), .init("until", .time.orNull, isRequired: false),
          .init("number", .integer, isRequired: false), .init("rule", .text, isRequired: false),
          .init("rules", .texts, isRequired: false), .init("key", .map(.any), isRequired: false),
          .init("where", .text, isRequired: false), .init("file", .text, isRequired: false),
          .init("line", .integer, isRequired: false), .init("name", .text, isRequired: false),
          .init("windows", .texts, isRequired: false),
          .init("spans", .list(.object([.init("from", .time), .init("to", .time)])), isRequired: false),
          .init("open_until", .time.orNull, isRequired: false),
        ])
      ),
    ])

  private static let id = RouteDescription.Parameter("id", .path, "The alert's id, or its first 8 digits or more.")
  private static let reason = Schema.object([.init("reason", .text)], isClosed: true)
  private static let because = FieldValue.object([.init("reason", .string("looking into it"))])

  private static let silence = Schema.object([
    .init("kind", .oneOf(["silence"])), .init("number", .integer), .init("rule", .text), .init("key", .map(.any)),
    .init("until", .time), .init("by", .text), .init("reason", .text),
  ])

  private static let alert = Schema.object([
    .init("id", .text), .init("event", .oneOf(["pending", "firing", "resolved"])), .init("revision", .integer),
    .init("rule", .text), .init("type", .text), .init("severity", .oneOf(Severity.allCases.map(\.rawValue))),
    .init("title", .text), .init("summary", .text), .init("key", .map(.any)),
    .init("status", .oneOf(["pending", "firing", "resolved"])), .init("first_seen", .time), .init("last_seen", .time),
    .init("count", .count), .init("value", .any, isRequired: false), .init("expected", .any, isRequired: false),
    .init("evidence", .list(.named("Event"))), .init("affected_users", .texts), .init("suggested_actions", .texts),
    .init("fixes", .texts), .init("auto_fix_available", .flag, isRequired: false),
    .init("runbook", .text, isRequired: false), .init("labels", .map(.any)), .init("source", .text),
    .init("resolved_because", .oneOf(Alert.ResolveCause.allCases.map(\.rawValue)), isRequired: false),
    .init("input_ended", .flag, isRequired: false), .init("muted", .map(.any), isRequired: false),
    .init("acknowledged", .named("Remark"), isRequired: false),
    .init("resolved", .named("Remark"), isRequired: false), .init("suggestions", .list(.map(.any)), isRequired: false),
    .init("exceptions", .list(.map(.any)), isRequired: false),
  ])
}
