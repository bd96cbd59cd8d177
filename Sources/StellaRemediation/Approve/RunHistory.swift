/// What is on record about runs like the one that is about to begin. Whoever counts leaves out runs that were themselves
/// suppressed, and rollbacks.
package struct RunHistory: Sendable, Hashable {
  /// Failed and ineffective runs on one target within the policy's window.
  package struct TargetFailures: Sendable, Hashable {
    package var target: String
    package var count: Int

    package init(target: String, count: Int) {
      self.target = target
      self.count = count
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
