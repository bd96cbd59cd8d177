import StellaDetection
import StellaModel

/// Decisions of a rule on screens and as JSON. Everything from data is escaped.
enum DecisionText {
  /// Oldest first, so that the newest stand next to the prompt.
  ///
  /// - Parameter isWhole: whether all that is kept was asked for.
  static func table(
    _ decisions: [Decision], rule: String, isWhole: Bool, _ time: ScreenTime, _ terminal: Terminal
  ) -> String {
    if decisions.isEmpty {
      let about = isWhole ? "" : " about such a key"
      return "\(ScreenText.name(rule)) has decided nothing\(about) yet.\n"
    }
    var table = TextTable([
      .init("WHEN", isFlexible: true, lines: 2), .init("DECISION"), .init("TIMES", .right),
      .init("KEY", isFlexible: true, lines: 3),
      .init("ALERT"), .init("WHY", isFlexible: true, lines: 6),
    ])
    for decision in decisions {
      let last = decision.lastTime > decision.time ? " – \(time.clock(decision.lastTime))" : ""
      table.add([
        time.clock(decision.time) + last, decision.kind.rawValue, String(decision.count),
        KeyText.text(decision.key), TextEscaping.oneLine(String(decision.alert.prefix(12))),
        TextEscaping.oneLine(decision.reason, limit: 300),
      ])
    }
    return table.text(for: terminal)
  }

  static func json(_ decision: Decision, rule: String) -> String {
    var members: [FieldValue.Member] = [
      .init("kind", .string("decision")), .init("rule", .string(rule)),
      .init("decision", .string(decision.kind.rawValue)), .init("time", .string(Timestamp.text(decision.time))),
      .init("last_time", .string(Timestamp.text(decision.lastTime))), .init("count", .integer(Int64(decision.count))),
    ]
    if !decision.key.isEmpty {
      // One that was cut is text that is no JSON.
      members.append(.init("key", (try? JSONParser().parse(decision.key)) ?? .string(decision.key)))
    }
    if !decision.alert.isEmpty { members.append(.init("alert", .string(decision.alert))) }
    members.append(.init("reason", .string(decision.reason)))
    return FieldValue.object(members).json
  }
}
