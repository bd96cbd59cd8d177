import StellaModel

/// What rules have decided that were removed, for when they come back. Of more than are kept those go first that were removed
/// first.
package struct RetiredDecisions {
  private static let limit = 200

  private var logs: [(rule: String, log: DecisionLog)] = []

  /// Grows whenever something is added or taken.
  package private(set) var changes = 0

  /// Keeps what a rule has decided. O(kept).
  mutating func keep(_ log: DecisionLog, of rule: String) {
    if log.isEmpty { return }
    logs.removeAll { $0.rule == rule }
    if logs.count == Self.limit { logs.removeFirst() }
    logs.append((rule, log))
    changes += 1
  }

  /// What a rule that is there again has decided before; nil when nothing is kept. O(kept).
  mutating func take(_ rule: String) -> DecisionLog? {
    guard let place = logs.firstIndex(where: { $0.rule == rule }) else { return nil }
    changes += 1
    return logs.remove(at: place).log
  }

  // MARK: - Saved state

  /// The names of all parts that ``save()`` gives.
  package var partNames: Set<String> { Set(logs.map { RuleSet.part(decisions: $0.rule) }) }

  /// By the names of their parts, as ``RuleSet/saveDecisions(where:)`` writes those of rules that are there. O(bytes).
  package func save() -> [String: StateBytes] {
    var parts: [String: StateBytes] = [:]
    let writer = StateWriter()
    for (rule, log) in logs {
      log.save(to: writer)
      parts[RuleSet.part(decisions: rule)] = writer.take()
    }
    return parts
  }

  /// Keeps what was saved of rules that are not among `rules`; what makes no sense is left out.
  package mutating func restore(_ parts: [String: StateBytes], without rules: Set<String>) {
    let prefix = RuleSet.part(decisions: "")
    for (name, part) in parts.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
      let rule = String(name.dropFirst(prefix.count))
      if rules.contains(rule) { continue }
      let log = DecisionLog()
      var reader = StateReader(part.bytes)
      if (try? log.restore(from: &reader)) != nil { keep(log, of: rule) }
    }
  }
}
