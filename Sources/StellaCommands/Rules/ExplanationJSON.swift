import StellaDetection
import StellaEngine
import StellaModel

/// An explanation as one JSON object. Names of members don't change between versions; members may be added.
enum ExplanationJSON {
  static func line(_ rule: RuleExplanation, _ fixes: [FixOutlook], of report: RuleExplainer.Report) -> String {
    FieldValue.object([
      .init("kind", .string("explanation")), .init("rule", .string(rule.rule)), .init("file", .string(rule.file)),
      .init("line", .integer(Int64(report.line))), .init("time", .string(Timestamp.text(report.event.time))),
      .init("outcome", .string(rule.outcome.rawValue)), .init("verdict", .string(rule.verdict)),
      .init("conditions", .object(rule.parts.map { .init($0.key, tree($0.explanation)) })),
      .init("key", .object(rule.key)), .init("missing", .array(rule.missing.map { .string($0) })),
      .init("before", standing(rule.before)), .init("after", standing(rule.after)),
      .init("exception", rule.exception.map { ExceptionText.object($0.exception, events: $0.before) } ?? .null),
      .init("muted", rule.mute?.json ?? .null), .init("fixes", .array(fixes.map(\.object))),
      .init("lines", .array(rule.lines.map { .integer(Int64($0.number)) })),
      .init("read", .array(rule.onCall?.readings.map(reading) ?? [])),
      .init("last_check", check(rule.lastCheck)), .init("next_check", check(rule.nextCheck)),
      .init(
        "alerts",
        .array(
          rule.alerts.map {
            .object([
              .init("id", .string($0.id)), .init("status", .string($0.status.rawValue)),
              .init("summary", .string($0.summary)),
            ])
          })),
    ]).json
  }

  private static func check(_ check: CallExplanation?) -> FieldValue {
    guard let check else { return .null }
    return .object([
      .init("time", .string(Timestamp.text(check.time))), .init("raised", .bool(check.raised)),
      .init("error", check.failure.map(FieldValue.string) ?? .null),
      .init("lines", .array(check.lines.map { .integer(Int64($0.number)) })),
      .init("read", .array(check.readings.map(reading))),
      .init("missing", .array(check.missing.map(FieldValue.string))),
    ])
  }

  private static func reading(_ reading: CallExplanation.Reading) -> FieldValue {
    .object([
      .init("line", .integer(Int64(reading.line))), .init("name", .string(reading.name)),
      .init("value", .string(reading.value)),
    ])
  }

  private static func tree(_ explanation: Explanation) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("text", .string(explanation.text)), .init("holds", .bool(explanation.holds)),
    ]
    if !explanation.readings.isEmpty {
      members.append(.init("read", .object(explanation.readings.map { .init($0.field, .string($0.value)) })))
    }
    if let reason = explanation.reason { members.append(.init("reason", .string(reason))) }
    if !explanation.parts.isEmpty { members.append(.init("parts", .array(explanation.parts.map(tree)))) }
    return .object(members)
  }

  private static func standing(_ standing: KeyStanding?) -> FieldValue {
    guard let standing else { return .null }
    var members: [FieldValue.Member] = [
      .init("state", .object(standing.readings.map { .init($0.name, .string($0.text)) }))
    ]
    if let alert = standing.alert {
      members.append(
        .init(
          "alert",
          .object([
            .init("id", .string(alert.alert.id)), .init("status", .string(alert.alert.status.rawValue)),
            .init("since", .string(Timestamp.text(alert.since))),
            .init("until", alert.until.map { .string(Timestamp.text($0)) } ?? .null),
          ])))
    }
    return .object(members)
  }
}
