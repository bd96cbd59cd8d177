import StellaModel

/// A score from 0 to 100 with its reasons, as a pure function of what is known.
///
/// It begins at 100, and every reason takes points off:
///
/// | reason | points |
/// |---|---|
/// | `alerts.critical`, `.high`, `.medium`, `.low` | 30, 15, 5, 2 for the first; each further one half of the one before |
/// | `engine.silent` | 65 |
/// | `errors.rate` | none up to 1%, 10 at 5%, 20 at 20%, 30 from 50% on; in between in proportion; from 50 events on |
/// | `part.store` | 65 |
/// | `part.intake`, `part.archive`, `part.log` | 25 |
/// | `part.anchor`, `part.source` | 10 |
/// | `rules.refused`, `rules.resting` | 2 and 3 for each, up to 10 and 15 |
/// | `effects.frozen` | 5 |
/// | `events.lost` | 5, from 1,000 on 10 |
/// | `runs.unknown` | 10 for each, up to 20 |
///
/// An acknowledged alert counts as two fifths of one. Points never fall when something gets worse, and no score is below 0.
package struct HealthScore: Sendable, Hashable {
  /// Errors of fewer events say nothing.
  package static let leastJudged = 50
  /// How much of an alert is left when somebody looks after it.
  static let acknowledgedShare = 0.4

  /// 0 to 100.
  package let score: Int
  /// Those that take the most come first; of equal ones by their code.
  package let reasons: [HealthReason]

  package var status: HealthStatus { HealthStatus(score: score) }

  /// O(facts).
  package init(_ facts: HealthFacts) {
    var reasons: [HealthReason] = []
    HealthScore.addAlerts(facts, to: &reasons)
    if let silence = facts.engineSilence {
      reasons.append(
        HealthReason(
          code: "engine.silent", text: "detection has given no sign of life for \(silence / 1_000_000_000) s",
          points: 65, since: facts.engineSince))
    }
    HealthScore.addErrors(facts, to: &reasons)
    for part in facts.parts {
      reasons.append(
        HealthReason(
          code: "part.\(part.kind.rawValue)", text: "\(part.name) is not well: \(part.detail)",
          points: HealthScore.points(of: part.kind), since: part.since))
    }
    HealthScore.addRules(facts.refusedRules, "refused", "broken and not active", each: 2, most: 10, to: &reasons)
    HealthScore.addRules(
      facts.restingRules, "resting", "resting after repeated failures", each: 3, most: 15, to: &reasons)
    if let freeze = facts.freeze {
      reasons.append(
        HealthReason(
          code: "effects.frozen", text: "\(freeze.by) has stopped all effects: \(freeze.reason)", points: 5,
          since: freeze.since))
    }
    if facts.lostEvents > 0 {
      reasons.append(
        HealthReason(
          code: "events.lost",
          text:
            "\(CountText.count(facts.lostEvents, "event")) of the last 15 minutes \(facts.lostEvents == 1 ? "was" : "were") lost or not understood",
          points: facts.lostEvents >= 1000 ? 10 : 5))
    }
    if facts.unknownRuns > 0 {
      reasons.append(
        HealthReason(
          code: "runs.unknown",
          text: "\(CountText.count(facts.unknownRuns, "run")) of which nobody can tell what became of "
            + (facts.unknownRuns == 1 ? "it" : "them"),
          points: min(20, facts.unknownRuns * 10), since: facts.unknownSince))
    }
    self.reasons = reasons.sorted { ($1.points, $0.code, $0.text) < ($0.points, $1.code, $1.text) }
    score = max(0, reasons.reduce(100) { $0 - $1.points })
  }

  static func points(of severity: Severity) -> Int {
    switch severity {
    case .critical: 30
    case .high: 15
    case .medium: 5
    case .low: 2
    case .informational: 0
    }
  }

  static func points(of part: HealthFacts.Part.Kind) -> Int {
    switch part {
    case .store: 65
    case .intake, .archive, .log: 25
    case .anchor, .source: 10
    }
  }

  /// Each further alert takes half of what the one before took, so that many are worse than one and none is all.
  static func points(of severity: Severity, _ alerts: HealthFacts.Alerts) -> Int {
    let count = Double(alerts.open) + acknowledgedShare * Double(alerts.acknowledged)
    guard count > 0 else { return 0 }
    let points = Double(points(of: severity)) * 2 * (1 - power(0.5, count))
    return points > 0 ? max(1, Int(points.rounded())) : 0
  }

  /// Whether a share of errors takes points when there are enough events to judge.
  package static func takesPoints(errors share: Double) -> Bool { points(ofErrors: share) > 0 }

  /// - Parameter share: from 0 to 1.
  static func points(ofErrors share: Double) -> Int {
    let steps: [(share: Double, points: Double)] = [(0.01, 0), (0.05, 10), (0.2, 20), (0.5, 30)]
    guard share > steps[0].share else { return 0 }
    for (low, high) in zip(steps, steps.dropFirst()) where share < high.share {
      let points = low.points + (high.points - low.points) * (share - low.share) / (high.share - low.share)
      return max(1, Int(points.rounded()))
    }
    return 30
  }

  private static func addAlerts(_ facts: HealthFacts, to reasons: inout [HealthReason]) {
    for (severity, alerts) in facts.alerts {
      let points = points(of: severity, alerts)
      guard points > 0 else { continue }
      let total = alerts.open + alerts.acknowledged
      var text = "\(CountText.count(total, "\(severity.rawValue) alert")) \(total == 1 ? "fires" : "fire")"
      if alerts.acknowledged > 0 {
        text += alerts.open == 0 ? ", acknowledged" : ", \(alerts.acknowledged) of them acknowledged"
      }
      reasons.append(
        HealthReason(
          code: "alerts.\(severity.rawValue)", text: text, points: points, severity: severity, since: alerts.since))
    }
  }

  private static func addErrors(_ facts: HealthFacts, to reasons: inout [HealthReason]) {
    guard facts.judgedEvents >= leastJudged else { return }
    let share = Double(facts.errors) / Double(facts.judgedEvents)
    let points = points(ofErrors: share)
    guard points > 0 else { return }
    reasons.append(
      HealthReason(
        code: "errors.rate", text: "\(HealthText.percent(share)) of the events of the last 5 minutes tell of an error",
        points: points))
  }

  private static func addRules(
    _ rules: [String], _ code: String, _ what: String, each: Int, most: Int, to reasons: inout [HealthReason]
  ) {
    guard !rules.isEmpty else { return }
    let names = rules.sorted().prefix(3).joined(separator: ", ") + (rules.count > 3 ? ", …" : "")
    reasons.append(
      HealthReason(
        code: "rules.\(code)",
        text: "\(CountText.count(rules.count, "rule")) \(rules.count == 1 ? "is" : "are") \(what): \(names)",
        points: min(most, rules.count * each)))
  }

  /// `base` to a power that need not be whole, without a library that rounds differently on another machine.
  private static func power(_ base: Double, _ exponent: Double) -> Double {
    let whole = min(60, exponent.rounded(.down))
    // Acknowledged alerts count in fifths: 0.5^(k/5).
    let fifths: [Double] = [1, 0.870550563296124, 0.757858283255199, 0.659753955386447, 0.574349177498517]
    let rest = Int(((exponent - exponent.rounded(.down)) * 5).rounded())
    var value = 1.0
    for _ in 0..<Int(whole) { value *= base }
    return rest == 5 ? value * base : value * fifths[rest]
  }
}

/// Numbers within sentences.
enum HealthText {
  /// `0.8%`, `4.2%`, `37%`.
  static func percent(_ share: Double) -> String {
    let percent = share * 100
    if percent >= 10 { return "\(Int(percent.rounded()))%" }
    return "\((percent * 10).rounded() / 10)%"
  }
}
