import StellaModel
import StellaScripting

extension RuleLint {
  private static let second: Int64 = 1_000_000_000
  private static let often = 10 * second
  private static let manyKeys = 10_000
  /// Events a second of one key that hardly any log has.
  private static let fastest = 10_000

  mutating func checkTimes() {
    if let threshold = rule.threshold { checkThreshold(threshold) }
    if let threshold = rule.threshold, threshold.window == .sliding, lines.contains("suppress_for"),
      rule.suppressFor < threshold.within
    {
      let within = threshold.within
      warn(
        .suppressBelowWithin,
        "after \(DurationText.text(rule.suppressFor)) the next event can fire again for what was told already, since "
          + "\(DurationText.text(within)) are looked at",
        "Leave suppress_for out, or make it at least \(DurationText.text(within)).", at: "suppress_for")
    }
    guard let every = rule.every else { return }
    if every < Self.often, rule.maxKeys > Self.manyKeys {
      warn(
        .everyTooShort, "check runs every \(DurationText.text(every)) for each of up to \(rule.maxKeys) keys",
        "Check less often, or lower max_keys; detection at once is what on is for.", at: "every")
    }
    if rule.hold > 0, rule.hold < every {
      warn(
        .holdBelowEvery,
        "the condition is looked at every \(DurationText.text(every)), so that a hold of "
          + "\(DurationText.text(rule.hold)) is one of \(DurationText.text(every))",
        "Make every shorter or hold longer.", at: "hold")
    }
    let windows = rule.state.compactMap { field -> (name: String, within: Int64)? in
      guard case .primitive(_, let settings) = field.content, settings.within > 0 else { return nil }
      return (field.name, settings.within)
    }
    if let shortest = windows.min(by: { $0.within < $1.within }), shortest.within < every {
      warn(
        .everyOverWindow,
        "check runs every \(DurationText.text(every)), and state.\(shortest.name) forgets after "
          + "\(DurationText.text(shortest.within)): what comes and goes between two checks is seen by none",
        "Check at least as often as the window is long.", at: "every")
    }
  }

  private mutating func checkThreshold(_ threshold: RuleManifest.Threshold) {
    if threshold.within < Self.second {
      warn(
        .shortWindow,
        "events of one key within \(DurationText.text(threshold.within)) are told apart by few logs",
        "Make within some seconds at least.", at: "threshold.within")
    } else if Int64(threshold.count) / (threshold.within / Self.second) >= Int64(Self.fastest) {
      warn(
        .fastThreshold,
        "\(threshold.count) events of one key within \(DurationText.text(threshold.within)) hardly come",
        "Lower count, or make within longer.", at: "threshold.count")
    }
    if let distinct = threshold.distinct, rule.by.contains(distinct), threshold.count > 1 {
      warn(
        .distinctIsKey, "within one key there is one \(distinct), so that this never fires",
        "Take \(distinct) out of by, or count another field.", at: "threshold.distinct")
    }
  }
}
