import StellaDetection
import StellaModel
import StellaRemediation
import StellaServer

/// What keeps alerts from being told, or events from rules.
extension RemediationDesk {
  func mutes(_ layout: AnswerLayout) throws -> OperatorAnswer {
    let now = remediation.journal.time.now()
    let silences = try store.readRuns { try $0.silences() }.filter { $0.until > now }
    // A server's may have been read anew since it started.
    let muting = try configuration.file.flatMap { try? MutingRules.read($0) } ?? MutingRules.of(configuration)
    let exceptions = muting.exceptions.filter { now < $0.expires }
    let shadows = muting.alerts.shadows.filter { now < $0.until ?? .max }
    let maintenance = muting.alerts.maintenance.filter {
      $0.windows.count > 0 || $0.spans.contains { now < $0.upperBound }
    }
    var answer = OperatorAnswer()
    answer.isList = true
    switch layout {
    case .json:
      let lines =
        silences.map { StoredAlertJSON.silence($0) } + exceptions.map(Self.json)
        + maintenance.map { Self.json($0, now) }
        + shadows.map(Self.json)
      answer.body = lines.map { $0 + "\n" }.joined()
    case .text:
      let time = ScreenTime(now: now)
      let lines =
        silences.map { StoredAlertText.silence($0, time) }
        + exceptions.map {
          "exception of \($0.rules.joined(separator: ", ")): " + ExceptionText.line($0, clock: time.clock)
        }
        + maintenance.map { Self.line($0, now, time) }
        + shadows.map { shadow in
          let until = shadow.until.map { " until \(time.clock($0))" } ?? ""
          return "shadow mode of \(shadow.rules.joined(separator: ", "))\(until), set by \(shadow.by): \(shadow.reason)"
        }
      answer.body =
        lines.isEmpty
        ? "Nothing is muted. Silence a rule for a while: stella alerts silence RULE --for 2h --reason …\n"
        : lines.map { TextEscaping.oneLine($0, limit: 400) + "\n" }.joined()
    }
    return answer
  }

  private static func texts(_ texts: [String]) -> FieldValue { .array(texts.map { .string($0) }) }

  private static func json(_ exception: RuleException) -> String {
    FieldValue.object([
      .init("kind", .string("exception")), .init("rules", texts(exception.rules)),
      .init("where", .string(exception.text)), .init("by", .string(exception.author)),
      .init("reason", .string(exception.reason)), .init("until", .string(Timestamp.text(exception.expires))),
      .init("file", .string(exception.file)), .init("line", .integer(Int64(exception.line))),
    ]).json
  }

  private static func json(_ shadow: AlertMuting.Shadow) -> String {
    FieldValue.object([
      .init("kind", .string("shadow")), .init("rules", texts(shadow.rules)), .init("by", .string(shadow.by)),
      .init("reason", .string(shadow.reason)),
      .init("until", shadow.until.map { .string(Timestamp.text($0)) } ?? .null),
    ]).json
  }

  private static func json(_ maintenance: AlertMuting.Maintenance, _ now: Int64) -> String {
    FieldValue.object([
      .init("kind", .string("maintenance")), .init("name", .string(maintenance.name)),
      .init("rules", texts(maintenance.rules)), .init("key", .object(maintenance.key)),
      .init("windows", texts(maintenance.windows.map(\.description))),
      .init(
        "spans",
        .array(
          maintenance.spans.map {
            .object([
              .init("from", .string(Timestamp.text($0.lowerBound))),
              .init("to", .string(Timestamp.text($0.upperBound))),
            ])
          })),
      .init("open_until", maintenance.closes(after: now).map { .string(Timestamp.text($0)) } ?? .null),
      .init("by", .string(maintenance.by)), .init("reason", .string(maintenance.reason)),
    ]).json
  }

  private static func line(_ maintenance: AlertMuting.Maintenance, _ now: Int64, _ time: ScreenTime) -> String {
    let times =
      maintenance.windows.map(\.description)
      + maintenance.spans.map { "\(time.clock($0.lowerBound)) to \(time.clock($0.upperBound))" }
    let open = maintenance.closes(after: now).map { ", open until \(time.clock($0))" } ?? ""
    let rules = maintenance.rules.isEmpty ? "all rules" : maintenance.rules.joined(separator: ", ")
    return
      "maintenance \(maintenance.name) of \(rules): \(times.joined(separator: "; "))\(open), set by \(maintenance.by): "
      + maintenance.reason
  }
}
