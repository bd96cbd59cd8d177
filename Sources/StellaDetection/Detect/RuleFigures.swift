import StellaModel

/// What one rule has come to since it was loaded, and what it holds now. Counters only grow, until the rule changes.
package struct RuleFigures: Sendable, Hashable {
  package let rule: String
  /// Events that its condition let through.
  package let matched: Int
  package let alerts: Int
  /// Alerts that are pending or firing now.
  package let openAlerts: Int
  package let heldBackAlerts: Int
  /// Calls of its script, and the steps of all of them; 0 for a rule without one.
  package let calls: Int
  package let steps: Int
  /// Since ``RuleSet/profile(_:)``; of the batches that were timed.
  package let cost: RuleCosts.Cost
  /// Bytes of native state, and of the Lua heap.
  package let stateBytes: Int
  package let heapBytes: Int
  package let keys: Int
  package let maxKeys: Int
  package let evictions: Int
  /// Nil for a script that never failed, and for a rule without one.
  package let script: ScriptStanding?
}

extension RuleSet {
  /// What the rules have come to, in their order. To be called between two batches. O(rules).
  package func figures() -> [RuleFigures] {
    let costs = timedCosts
    return rules.map { rule in
      let detector = rule.detector
      let usage = rule.script.usage
      return RuleFigures(
        rule: rule.manifest.id, matched: detector.matchedEvents, alerts: detector.firedAlerts,
        openAlerts: detector.openAlerts, heldBackAlerts: detector.heldBackAlerts, calls: usage?.calls ?? 0,
        steps: usage?.callSteps ?? 0, cost: costs[ObjectIdentifier(detector)] ?? RuleCosts.Cost(),
        stateBytes: detector.memoryBytes, heapBytes: usage?.memoryBytes ?? 0, keys: detector.keyCount,
        maxKeys: rule.manifest.maxKeys, evictions: detector.evictions, script: rule.scriptStanding)
    }
  }
}
