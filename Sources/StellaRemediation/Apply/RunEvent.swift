/// What happens to a run. Each is one record of the execution log; the details (votes, digests, rows) are the record's.
package enum RunEvent: String, Sendable, Hashable, Codable, CaseIterable {
  // Before the plan.
  case suppressed
  case planningStarted = "planning_started"
  case planFailed = "plan_failed"
  case planRefused = "plan_refused"
  /// `plan` gave no effects.
  case planEmpty = "plan_empty"
  case planRecorded = "plan_recorded"

  // While it waits.
  /// A vote that leaves the quorum open.
  case voteRecorded = "vote_recorded"
  /// The deciding vote, or a policy that decides by its name.
  case approved
  case rejected
  case withdrawn
  /// The time to decide is over while it awaits votes; the time to execute, once it is approved.
  case deadlinePassed = "deadline_passed"
  /// Planning again gave another digest, or somebody edited the parameters: another run takes its place.
  case superseded
  /// Planning again gave nothing to do.
  case effectsGone = "effects_gone"
  case frozen
  case thawed

  // While a runner has it.
  /// A runner took the locks, under its epoch.
  case claimed
  /// The runner gave it back before anything was applied: a lock was lost, a freeze came, or planning again failed.
  case claimReleased = "claim_released"
  /// A runner with a newer epoch goes on where an older one ended.
  case takenOver = "taken_over"
  /// Planning again under the lock gave the approved digest.
  case digestConfirmed = "digest_confirmed"
  case effectIntended = "effect_intended"
  case effectApplied = "effect_applied"
  case effectFailed = "effect_failed"
  /// An intent has no outcome, and its class doesn't tell what became of it.
  case outcomeUnclear = "outcome_unclear"
  /// What became of it was found out: by the effect's class, or by a person.
  case reconciled
  /// Before the next effect an operator or a freeze stopped it.
  case halted
  /// After a restart the remaining effects planned anew are other ones.
  case driftFound = "drift_found"
  case allApplied = "all_applied"

  // After it stopped or ended.
  /// It stopped, and no effect is in force.
  case nothingApplied = "nothing_applied"
  /// It stopped, and some effects are in force that no policy undoes.
  case partApplied = "part_applied"
  case verifiedGood = "verified_good"
  /// `verify` said no, failed, or didn't answer in time.
  case verifiedBad = "verified_bad"
  /// A policy, or an approved plan of its own, undoes what was applied.
  case rollbackStarted = "rollback_started"
  case allRestored = "all_restored"
  /// All steps were tried, and the target held something else than what the run wrote.
  case rollbackConflicted = "rollback_conflicted"
  /// All steps were tried, and one or more failed.
  case rollbackFailed = "rollback_failed"
  /// An operator closes it as it stands, alone or because a new run takes up the rest.
  case accepted
}
