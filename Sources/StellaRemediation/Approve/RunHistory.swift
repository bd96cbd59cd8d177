import StellaModel

/// What is on record about runs like the one that is about to begin. Whoever counts leaves out runs that were themselves
/// suppressed, and rollbacks.
package struct RunHistory: Sendable, Hashable {
  /// Runs on one target that failed or had no effect within the policy's window, and those that nobody has dealt with yet.
  package struct TargetFailures: Sendable, Hashable {
    package var target: String
    package var count: Int
    /// When there will be fewer than the policy's breaker allows, if no more come. Nil: not before somebody has dealt with
    /// those that are open; or there are fewer now.
    package var closesAt: Int64?

    package init(target: String, count: Int, closesAt: Int64? = nil) {
      self.target = target
      self.count = count
      self.closesAt = closesAt
    }

    /// Why nothing begins on the target; nil while its breaker is closed. Without a full stop.
    package func sentence(_ policy: Policy) -> String? {
      guard count >= policy.breaker.count else { return nil }
      return "the breaker of \(target) is open: \(count) failed or ineffective runs within "
        + "\(DurationText.text(policy.breaker.within)), \(policy.breaker.count) are allowed; it closes "
        + (closesAt.map { "at \(Timestamp.text($0)), if no more fail" }
          ?? "when somebody has dealt with those that wait")
    }
  }

  /// A run with the same subject that hasn't ended; nil when there is none.
  package var running: String?
  /// When the last run with the same subject was proposed, nanoseconds since the epoch.
  package var lastAttempt: Int64?
  /// Runs with the same subject within the policy's window, whatever became of them: one that "succeeds" again and again
  /// repairs nothing.
  package var attempts: Int
  /// In the order of the targets.
  package var failures: [TargetFailures]

  package init(running: String? = nil, lastAttempt: Int64? = nil, attempts: Int = 0, failures: [TargetFailures] = []) {
    self.running = running
    self.lastAttempt = lastAttempt
    self.attempts = attempts
    self.failures = failures
  }
}
