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
}
