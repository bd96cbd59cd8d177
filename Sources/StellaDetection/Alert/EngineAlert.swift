import StellaModel

/// Alerts that the engine raises about itself.
enum EngineAlert {
  static let quarantine = "stella.rule-quarantined"

  /// A rule was sent to rest because its script keeps failing.
  ///
  /// - Parameters:
  ///   - time: of the event that its script failed at.
  ///   - rests: how many times it was sent to rest, this one included.
  static func quarantined(
    rule: String, at time: Int64, until: Int64, rests: Int, failures: Int, error: String
  ) -> Alert {
    let key = [FieldValue.Member("rule", .string(rule))]
    let rest = DurationText.text(until - time)
    return Alert(
      id: AlertIdentity.text(rule: quarantine, key: key, firstSeen: time, episode: rests), rule: quarantine,
      type: "engine", severity: .high, title: "A rule's script keeps failing",
      summary: TextEscaping.oneLine("\(rule) rests for \(rest) after \(failures) failures: \(error)"), key: key,
      status: .firing, revision: 1, firstSeen: time, lastSeen: time, count: failures,
      suggestedActions: [
        "Read the error and correct the rule; its state is kept", "Run stella rules test on the rule",
      ])
  }

  /// A rule was stopped for good because its script does what no rule may.
  static func stopped(rule: String, at time: Int64, error: String) -> Alert {
    let key = [FieldValue.Member("rule", .string(rule))]
    return Alert(
      id: AlertIdentity.text(rule: quarantine, key: key, firstSeen: time, episode: 1), rule: quarantine,
      type: "engine", severity: .high, title: "A rule was stopped",
      summary: TextEscaping.oneLine("\(rule) runs no more until it is corrected: \(error)"), key: key, status: .firing,
      revision: 1, firstSeen: time, lastSeen: time, count: 1,
      suggestedActions: [
        "Keep what the rule remembers in s, then load the rules anew", "Run stella rules test on the rule",
      ])
  }
}
