import StellaModel

/// A target on which so many runs failed that none begins there for now.
package struct OpenBreaker: Sendable, Hashable {
  package var target: String
  /// The name of the policy whose breaker it is.
  package var policy: String
  /// `the breaker of … is open: …`, with when it closes. Without a full stop, and not escaped.
  package var sentence: String
  /// Nil: not before somebody has dealt with the runs that wait.
  package var closesAt: Int64?
}

extension Remediation {
  /// The breakers that are open now, of the policies that hold for the fixes that are loaded; in the order of targets and
  /// policies. What an alert asked for meanwhile isn't caught up on when one closes. O(fixes × targets) questions.
  package func openBreakers() throws -> [OpenBreaker] {
    var found: [OpenBreaker] = []
    try store.readRuns { transaction in
      for fix in fixes.fixes {
        let policy = policy(of: fix.manifest)
        for failure in try failures(on: fix.manifest.targets, policy, transaction) {
          guard let sentence = failure.sentence(policy) else { continue }
          let breaker = OpenBreaker(
            target: failure.target, policy: policy.name, sentence: sentence, closesAt: failure.closesAt)
          if !found.contains(breaker) { found.append(breaker) }
        }
      }
    }
    return found.sorted { ($0.target, $0.policy) < ($1.target, $1.policy) }
  }

  /// Counted from when a run ended, however long it waited before. Rollbacks are left out: one that fails leaves the run that
  /// it was to take back, which counts.
  func failures(
    on targets: [String], _ policy: Policy, _ transaction: Store.Transaction
  ) throws -> [RunHistory.TargetFailures] {
    try targets.sorted(by: NamedValues.precedes).map { target in
      var query = RunQuery()
      query.states = [.failed, .partial, .ineffective, .rollbackConflict, .rollbackFailed]
      query.target = target
      query.isRollback = false
      query.openSince = time.now() - policy.breaker.within
      query.limit = max(policy.breaker.count, 1000)
      let ends = try transaction.runs(query).map { $0.endedAt ?? .max }.sorted(by: >)
      let limit = policy.breaker.count
      let deciding = limit > 0 && ends.count >= limit ? ends[limit - 1] : .max
      return RunHistory.TargetFailures(
        target: target, count: ends.count, closesAt: deciding == .max ? nil : deciding + policy.breaker.within)
    }
  }
}
