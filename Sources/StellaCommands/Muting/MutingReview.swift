import StellaConfiguration
import StellaDetection
import StellaModel

/// Holds what a configuration says about muting against the rules that there are: what never applies was meant otherwise.
struct MutingReview {
  private let muting: Configuration.Muting
  private let rules: RuleSet
  /// Whether there are all rules that the configuration is written for.
  private let isWhole: Bool

  /// - Parameter isWhole: false when the command line picks the rules, so that others may be missing.
  init(_ configuration: Configuration, _ rules: RuleSet, isWhole: Bool) {
    muting = configuration.muting
    self.rules = rules
    self.isWhole = isWhole
  }

  /// Maintenance whose key no alert can have.
  var keyErrors: [RuleError] {
    let fields = Dictionary(rules.rules.map { ($0.manifest.id, $0.manifest.by) }) { first, _ in first }
    // The engine's own alerts are about a rule.
    let all = fields.values + [["rule"]]
    return muting.maintenance.compactMap { entry in
      let names = entry.key.map(\.name)
      let known = entry.rules.compactMap { fields[$0] }
      let candidates = entry.rules.isEmpty ? all : known
      let isJudged = entry.rules.isEmpty ? isWhole : known.count == entry.rules.count
      guard isJudged, !names.isEmpty, !candidates.contains(where: { Set($0).isSuperset(of: names) }) else { return nil }
      let inUse = Set(candidates.flatMap(\.self)).sorted()
      let name = names.first { !inUse.contains($0) }
      let hint = name.flatMap { NearestName.of($0, in: inUse) }.map { " Did you mean \($0)?" } ?? ""
      let verb = entry.rules.count == 1 ? "has" : "have"
      let whose = entry.rules.isEmpty ? "no rule has" : "\(entry.rules.joined(separator: " and ")) \(verb) not"
      return RuleError(
        code: "maintenance.key",
        message: TextEscaping.oneLine(
          "the key of maintenance \(entry.name) has \(name ?? names.joined(separator: " with ")), which \(whose) in by, so that "
            + "it never applies.\(hint)"),
        remedy: inUse.isEmpty
          ? "Leave key out: the rule has no by." : "Take one of \(inUse.joined(separator: ", ")), or leave key out.",
        file: entry.place.file, line: entry.place.line)
    }
  }

  /// Rules that are named though there are none of that id, each as a sentence.
  var unknownRules: [String] { MutingReview.unknown(muting.rules, among: rules) }

  /// The names among `named` that no rule has, active or refused, each as a sentence.
  static func unknown(_ named: [(id: String, place: String, what: String)], among rules: RuleSet) -> [String] {
    let known = rules.rules.map(\.manifest.id) + rules.refusals.compactMap(\.id)
    return named.filter { !known.contains($0.id) }.map { id, place, what in
      let hint = NearestName.of(id, in: known).map { " Did you mean \($0)?" } ?? ""
      return "\(place): \(what) names the rule \(id), which is not among the active rules.\(hint)"
    }
  }

  /// Exceptions and shadow mode of these rules that are over at `now` by the clock.
  func expired(at now: Int64) -> [RuleError] {
    let known = Set(rules.rules.map(\.manifest.id))
    let shadows = muting.shadows.filter { $0.rules.contains(where: known.contains) }
    return muting.exceptions.filter { $0.rules.contains(where: known.contains) }
      .compactMap { RuleException($0).expiry(at: now) } + shadows.compactMap { $0.expiry(at: now) }
  }
}

extension Configuration.Muting.Shadow {
  /// What is wrong with it at `now` by the clock; nil while it holds.
  fileprivate func expiry(at now: Int64) -> RuleError? {
    guard let until, until <= now else { return nil }
    return RuleError(
      code: "shadow.expired",
      message:
        "the shadow mode of \(author) for \(rules.joined(separator: ", ")) is over since \(Timestamp.clock(until)): people "
        + "are told of its alerts, and fixes are proposed: \(reason)",
      remedy: "Take it out, or give it a later until after asking \(author).", file: place.file, line: place.line)
  }
}
