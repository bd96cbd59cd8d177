import StellaModel

extension Policy {
  /// Whether a run may be planned at all, by what ran before it. Pure; O(targets).
  ///
  /// Undoing is never held back: a breaker that keeps people from repairing what tripped it would be worse than none.
  ///
  /// - Parameter fixCooldown: nanoseconds that the fix itself asks for; it can only lengthen the policy's.
  package func start(
    _ history: RunHistory, now: Int64, isRollback: Bool = false, fixCooldown: Int64? = nil
  ) -> StartDecision {
    if isRollback { return .go }
    if let running = history.running { return .suppressed("\(running) is at the same thing and hasn't ended") }
    for target in history.failures {
      if let why = target.sentence(self) { return .suppressed(why) }
    }
    if history.attempts >= attempts.count {
      return .suppressed(
        "\(history.attempts) runs of this fix for the same subject within \(DurationText.text(attempts.within)), "
          + "\(attempts.count) are allowed")
    }
    let pause = max(cooldown, fixCooldown ?? 0)
    // A clock that was set back must not end a pause early, nor make it last for ever.
    if let last = history.lastAttempt, pause > 0 {
      let (passed, overflow) = now.subtractingReportingOverflow(last)
      if !overflow, passed < pause, passed > -pause {
        return .suppressed(
          "the last run of this fix for the same subject was \(Self.ago(passed)); "
            + "\(DurationText.text(pause)) must lie between two")
      }
    }
    return .go
  }

  private static func ago(_ passed: Int64) -> String {
    passed < 0 ? "in what is now the future" : DurationText.text(passed / 1_000_000_000 * 1_000_000_000) + " ago"
  }
}
