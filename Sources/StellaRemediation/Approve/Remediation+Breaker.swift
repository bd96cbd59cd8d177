import StellaModel
import StellaScripting

/// A target on which so many runs failed that none begins there for now.
package struct OpenBreaker: Sendable, Hashable {
  package var target: String
  /// The name of the policy whose breaker it is.
  package var policy: String
  /// `the breaker of … is open: …`, with when it closes. Without a full stop, and not escaped.
  package var sentence: String
  /// Nil: not before somebody has dealt with the runs that wait.
  package var closesAt: Int64?

  package init(target: String, policy: String, sentence: String, closesAt: Int64? = nil) {
    self.target = target
    self.policy = policy
    self.sentence = sentence
    self.closesAt = closesAt
  }
}

extension RunTransaction {
  /// The breakers that are open now, of the policies that hold for these fixes; in the order of targets and policies. What an
  /// alert asked for meanwhile isn't caught up on when one closes. O(fixes × targets) questions.
  package func openBreakers(_ fixes: FixSet, _ policies: PolicySet, now: Int64) throws(StoreError) -> [OpenBreaker] {
    var found: [OpenBreaker] = []
    for manifest in fixes.fixes.map(\.manifest) {
      let policy = policies.policy(fix: manifest.id, tags: manifest.tags, targets: manifest.targets)
      for failure in try failures(on: manifest.targets, policy, now: now) {
        guard let sentence = failure.sentence(policy) else { continue }
        let breaker = OpenBreaker(
          target: failure.target, policy: policy.name, sentence: sentence, closesAt: failure.closesAt)
        if !found.contains(breaker) { found.append(breaker) }
      }
    }
    return found.sorted { ($0.target, $0.policy) < ($1.target, $1.policy) }
  }

  /// Counted from when a run ended, however long it waited before. Rollbacks are left out: one that fails leaves the run that
  /// it was to take back, which counts.
  func failures(on targets: [String], _ policy: Policy, now: Int64) throws(StoreError) -> [RunHistory.TargetFailures] {
    var found: [RunHistory.TargetFailures] = []
    for target in targets.sorted(by: NamedValues.precedes) {
      var query = RunQuery()
      query.states = [.failed, .partial, .ineffective, .rollbackConflict, .rollbackFailed]
      query.target = target
      query.isRollback = false
      query.openSince = now - policy.breaker.within
      query.limit = max(policy.breaker.count, 1000)
      let ends = try runs(query).map { $0.endedAt ?? .max }.sorted(by: >)
      let limit = policy.breaker.count
      let deciding = limit > 0 && ends.count >= limit ? ends[limit - 1] : .max
      found.append(
        RunHistory.TargetFailures(
          target: target, count: ends.count, closesAt: deciding == .max ? nil : deciding + policy.breaker.within))
    }
    return found
  }
}

extension Remediation {
  /// The breakers that are open now.
  package func openBreakers() throws -> [OpenBreaker] {
    try store.readRuns { try $0.openBreakers(fixes, policies, now: time.now()) }
  }

  func failures(
    on targets: [String], _ policy: Policy, _ transaction: Store.Transaction
  ) throws -> [RunHistory.TargetFailures] {
    try transaction.failures(on: targets, policy, now: time.now())
  }
}
