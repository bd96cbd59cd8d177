/// Where a run stands: one attempt of one fix on one target for one alert.
///
/// A state changes only through the remediation's one function `next`. The raw value is what the execution log and the command line write.
package enum RunState: String, Sendable, Hashable, Codable, CaseIterable {
  /// An alert asked for it; nothing has been looked at yet.
  case proposed
  /// Not begun: the same is running, was tried too often or too recently, the breaker is open, or all is frozen.
  case suppressed
  /// The fix's `plan` runs, read-only.
  case planning
  /// `plan` raised an error, went over a limit, or gave two digests for one situation.
  case planFailed = "plan_failed"
  /// There is nothing to change, or no longer.
  case noChange = "no_change"
  /// A policy, a missing right of the target or a bound forbids the plan.
  case refused
  /// The plan is recorded and waits for votes, or for a policy to decide.
  case awaiting
  case rejected
  /// The time to decide, or the time to execute, is over.
  case expired
  /// The one who asked for it took it back before anything was applied.
  case withdrawn
  /// Another plan has its place; its votes don't carry over.
  case superseded
  /// Decided; waits for a runner, the locks and the window.
  case approved
  /// Approved, and held by a freeze.
  case frozen
  /// A runner holds the target's lock, plans once more and compares digests.
  case checking
  /// Effects are performed, one after the other; no script runs.
  case applying
  /// What became of an effect can't be told. A person has to find out.
  case unknown
  /// No further effect will be performed; what follows depends on what was.
  case stopped
  /// It ended, and nothing was changed.
  case failed
  /// Some effects were applied and others weren't. A person decides.
  case partial
  /// All effects were applied; the fix's `verify` runs, read-only.
  case verifying
  case succeeded
  /// Everything was applied and the trouble is still there, or `verify` could not tell in time.
  case ineffective
  /// What was there is restored, effect by effect, in reverse order.
  case rollingBack = "rolling_back"
  case rolledBack = "rolled_back"
  /// What became of a restoring step can't be told. As ``unknown``, but the way back leads to ``rollingBack``: a run
  /// that was being undone must never apply again.
  case rollbackUnknown = "rollback_unknown"
  /// The target no longer holds what the run wrote, so that it was left alone. A person decides.
  case rollbackConflict = "rollback_conflict"
  /// A restoring step failed; the others were tried. A person decides.
  case rollbackFailed = "rollback_failed"
  /// A person closed it as it stands: what was applied and not undone stays.
  case accepted
}

extension RunState {
  /// Who has to act next.
  package enum Turn: Sendable, Hashable {
    /// The runner: it proceeds by itself, also after a restart.
    case runner
    /// People who decide, with a deadline.
    case approvers
    /// An operator, without a deadline: shown first and never timed out.
    case operators
    /// Nobody.
    case nobody
  }

  package var turn: Turn {
    switch self {
    case .proposed, .planning, .approved, .checking, .applying, .stopped, .verifying, .rollingBack: .runner
    case .awaiting: .approvers
    case .frozen, .unknown, .partial, .rollbackUnknown, .rollbackConflict, .rollbackFailed: .operators
    case .suppressed, .planFailed, .noChange, .refused, .rejected, .expired, .withdrawn, .superseded, .failed,
      .succeeded, .ineffective, .rolledBack, .accepted:
      .nobody
    }
  }

  /// Whether nothing can ever happen to the run again. A run that succeeded or was ineffective is over, and yet can be
  /// rolled back as long as its before-images are kept.
  package var isTerminal: Bool { turn == .nobody && self != .succeeded && self != .ineffective }
}
