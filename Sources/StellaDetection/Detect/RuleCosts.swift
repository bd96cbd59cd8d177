/// What the rules of one share take. Every fourth batch is timed, so that asking costs little.
package final class RuleCosts {
  /// Of the batches that were timed.
  package struct Cost: Sendable, Hashable {
    package var nanoseconds: Int64 = 0
    /// Events that the rule took.
    package var events = 0
    /// Nanoseconds per event of the batch in which that was most.
    package var peak: Int64 = 0
  }

  package static let interval = 4

  private let nanoseconds: () -> Int64
  private(set) var costs: [Cost]
  let splits: [CostSplit]
  private var started: Int64 = 0
  private var events = 0

  /// - Parameter time: nanoseconds, of a clock that only moves forward.
  init(rules: Int, time: @escaping () -> Int64) {
    self.nanoseconds = time
    costs = Array(repeating: Cost(), count: rules)
    splits = (0..<rules).map { _ in CostSplit(time) }
  }

  func isDue(_ batch: Int) -> Bool { batch % RuleCosts.interval == 1 }

  func begin(_ rule: Int, _ detector: Detector) {
    events = detector.matchedEvents
    detector.split = splits[rule]
    started = nanoseconds()
  }

  func end(_ rule: Int, _ detector: Detector) {
    let spent = nanoseconds() - started
    detector.split = nil
    let taken = detector.matchedEvents - events
    costs[rule].nanoseconds += spent
    costs[rule].events += taken
    if taken > 0 { costs[rule].peak = max(costs[rule].peak, spent / Int64(taken)) }
  }
}

/// What one rule took of a run.
package struct RuleProfile: Sendable {
  package let rule: String
  /// Events that its condition let through.
  package let matched: Int
  package let alerts: Int
  /// Calls of its script, their steps on average and at most; 0 for a rule without one.
  package let calls: Int
  package let steps: Int
  package let peakSteps: Int
  /// How often the rule has found something.
  package let found: Int
  /// Single events and checks that found something, and the others; of those that were timed.
  package let match: CostSplit.Figures
  package let noMatch: CostSplit.Figures
  /// Nanoseconds per matched event on average and in the worst batch, and in all; of the rule's own work, without decoding
  /// and routing.
  package let nanoseconds: Int64
  package let peakNanoseconds: Int64
  package let totalNanoseconds: Int64
  /// Bytes of native state, and of the Lua heap at its highest.
  package let stateBytes: Int
  package let heapBytes: Int
  package let keys: Int
  package let evictions: Int
}

extension RuleSet {
  /// Has the rules timed from the next batch on.
  ///
  /// - Parameter time: nanoseconds, of a clock that only moves forward; for each share of the rules one thread calls it.
  package func profile(_ time: @escaping () -> Int64) {
    for share in shares { share.profile(time) }
  }

  /// Has the rules timed no more, and forgets what they took.
  package func endProfile() {
    for share in shares { share.costs = nil }
  }

  /// What was timed since ``profile(_:)``.
  var timedCosts: [ObjectIdentifier: RuleCosts.Cost] {
    Dictionary(uniqueKeysWithValues: shares.flatMap { $0.timed() })
  }

  /// What the rules took since ``profile(_:)``, in their order.
  package func profiles() -> [RuleProfile] {
    let costs = timedCosts
    let splits = Dictionary(uniqueKeysWithValues: shares.flatMap { $0.splits() })
    return rules.map { rule in
      let detector = rule.detector
      let cost = costs[ObjectIdentifier(detector)] ?? RuleCosts.Cost()
      let split = splits[ObjectIdentifier(detector)]
      let usage = rule.script.usage
      let calls = usage?.calls ?? 0
      let average = cost.events > 0 ? cost.nanoseconds / Int64(cost.events) : 0
      return RuleProfile(
        rule: rule.manifest.id, matched: detector.matchedEvents, alerts: detector.firedAlerts, calls: calls,
        steps: calls > 0 ? (usage?.callSteps ?? 0) / calls : 0, peakSteps: usage?.peakSteps ?? 0,
        found: detector.findings,
        match: split?.match ?? .init(), noMatch: split?.noMatch ?? .init(), nanoseconds: average,
        peakNanoseconds: cost.peak,
        // What was not timed took as long per event.
        totalNanoseconds: cost.events > 0 ? average * Int64(detector.matchedEvents) : cost.nanoseconds,
        stateBytes: detector.memoryBytes, heapBytes: usage?.peakMemoryBytes ?? 0, keys: detector.keyCount,
        evictions: detector.evictions)
    }
  }
}

extension RuleShare {
  fileprivate func profile(_ time: @escaping () -> Int64) { costs = RuleCosts(rules: ruleCount, time: time) }

  fileprivate func splits() -> [(ObjectIdentifier, CostSplit)] {
    guard let costs else { return [] }
    return zip(detectors, costs.splits).map { (ObjectIdentifier($0), $1) }
  }

  fileprivate func timed() -> [(ObjectIdentifier, RuleCosts.Cost)] {
    guard let costs else { return [] }
    return zip(detectors, costs.costs).map { (ObjectIdentifier($0), $1) }
  }
}
