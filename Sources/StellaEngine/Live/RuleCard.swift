import StellaDetection
import StellaModel
import StellaScripting

/// What is to be said about a rule file, whether its rule runs or was refused.
package struct RuleCard: Sendable {
  /// What a rule does at present.
  package enum State: Sendable, Hashable {
    case active
    /// It detects, and nothing follows from its alerts until this event time; nil for as long as the configuration says so.
    case shadow(by: String, reason: String, until: Int64?)
    /// Its script rests after failures until this event time; nil until it is corrected.
    case quarantined(error: String, until: Int64?)
    case refused

    /// Names don't change between versions.
    package var name: String {
      switch self {
      case .active: "active"
      case .shadow: "shadow"
      case .quarantined: "quarantined"
      case .refused: "refused"
      }
    }
  }

  /// Nil when not even that could be read of a file that was refused.
  package let id: String?
  package let file: String
  /// Nil for a rule that was refused.
  package let manifest: RuleManifest?
  /// Why it was refused.
  package let errors: [RuleError]
  /// As it runs; nil for a rule that was refused.
  package let source: RuleSource?
  package var state: State

  package init(_ rule: RuleSet.ActiveRule) {
    (id, file, errors, source, state) = (rule.manifest.id, rule.source.file, [], rule.source, .active)
    manifest = rule.manifest
  }

  package init(_ refusal: RuleRefusal) {
    (id, file, manifest, source, state) = (refusal.id, refusal.file, nil, nil, .refused)
    errors = refusal.errors
  }

  /// The cards of a set: those that are active by id, then those that were refused by file. To be called on the thread
  /// that the set belongs to.
  package static func all(_ rules: RuleSet, shadows: [AlertMuting.Shadow], latest: Int64?) -> [RuleCard] {
    let rests = RuleBoard.rests(of: rules)
    return unsettled(rules).map { $0.settled(rests: rests, shadows: shadows, latest: latest) }
  }

  /// The same without what changes as time goes by.
  static func unsettled(_ rules: RuleSet) -> [RuleCard] {
    rules.rules.map { RuleCard($0) }.sorted { ($0.id ?? "") < ($1.id ?? "") }
      + rules.refusals.map { RuleCard($0) }.sorted { $0.file < $1.file }
  }

  /// The card with the state that these give its rule.
  func settled(rests: [String: RuleBoard.Rest], shadows: [AlertMuting.Shadow], latest: Int64?) -> RuleCard {
    guard let id, manifest != nil else { return self }
    var card = self
    if let rest = rests[id], latest.map({ rest.until > $0 }) ?? true {
      card.state = .quarantined(error: rest.error, until: rest.until == .max ? nil : rest.until)
    } else if let shadow = shadows.first(where: { $0.rules.contains(id) && latest ?? .min < $0.until ?? .max }) {
      card.state = .shadow(by: shadow.by, reason: shadow.reason, until: shadow.until)
    } else {
      card.state = .active
    }
    return card
  }

  /// Its text: as it runs, or as the file is now.
  package func text() -> [UInt8]? {
    source?.text ?? RuleFiles.read([file]).sources.first?.text
  }

  /// The tests beside it, as they are now; nil when there are none.
  package func tests() -> RuleSource? {
    guard file.hasSuffix(".lua") else { return nil }
    return RuleFiles.readTests([file.dropLast(4) + "_test.lua"]).sources.first
  }
}
