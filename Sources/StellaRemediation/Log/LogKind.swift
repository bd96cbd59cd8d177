/// What a record of the execution log is about. The raw value is what is hashed, and never changes.
package enum LogKind: String, Sendable, Hashable, CaseIterable {
  // The log itself.
  /// The first record: names the engine and the key, and after a reseal the log that it follows.
  case logOpened = "log.opened"
  case keyRotated = "log.key_rotated"
  /// The log was written as a bundle, which was read back and verified.
  case logExported = "log.exported"
  case logPruned = "log.pruned"
  case payloadsErased = "log.payloads_erased"

  // The engine.
  /// An engine took the next epoch.
  case engineStarted = "engine.started"
  /// The state was copied; the body has the digest of the copy's manifest.
  case stateBackedUp = "state.backed_up"
  /// The state is that of a backup; what was on record after it is in the former state.
  case stateRestored = "state.restored"
  case frozen = "freeze.set"
  case thawed = "freeze.cleared"
  case scriptLoaded = "script.loaded"
  case scriptRefused = "script.refused"
  /// Somebody had the rules loaded anew; the body says what came of it.
  case rulesReloaded = "rules.reloaded"
  /// A `plan`, a `verify`, or a `when` that led to a proposal: digests of script and inputs, calls, resources, outcome.
  case scriptExecuted = "script.executed"

  // Who may come in. The body has names only, never a secret.
  case accountAdded = "access.account_added"
  /// Its roles, its groups, or whether it is disabled.
  case accountChanged = "access.account_changed"
  case passwordSet = "access.password_set"
  case tokenMade = "access.token_made"
  case tokenRevoked = "access.token_revoked"
  case loggedIn = "access.login"
  /// One or several attempts.
  case loginFailed = "access.login_failed"
  case loggedOut = "access.logout"
  /// Somebody who is known asked for what they may not do.
  case accessRefused = "access.refused"

  // What people are told.
  /// Somebody looks after an alert.
  case alertAcknowledged = "alert.acknowledged"
  /// Somebody says that it is over, whatever its rule says.
  case alertResolved = "alert.resolved"
  case silenceSet = "silence.set"
  /// Before its time.
  case silenceEnded = "silence.ended"
  case notificationRetried = "notification.retried"

  // The system's health.
  /// Somebody looks after what the analysis found.
  case findingAcknowledged = "health.finding_acknowledged"

  // A run.
  case runProposed = "run.proposed"
  case planRecorded = "plan.recorded"
  case decision = "run.decision"
  /// Any change of a run's state that has no kind of its own; the body names the event.
  case runChanged = "run.changed"
  /// An effect, or with `undo` its undoing, is about to be performed.
  case effectIntended = "effect.intended"
  /// What became of it.
  case effectOutcome = "effect.outcome"
  /// What became of it can't be told.
  case effectUnclear = "effect.unclear"
  /// What became of it was found out.
  case effectReconciled = "effect.reconciled"
  case verified = "run.verified"
  case rollbackPlanned = "run.rollback_planned"
  case runClosed = "run.closed"
}

extension LogKind {
  /// Kinds whose body says with `effect`, its number from 1, and `undo` which step of the run they are about.
  package var isStep: Bool {
    switch self {
    case .effectIntended, .effectOutcome, .effectUnclear, .effectReconciled: true
    default: false
    }
  }

  /// The kind of the record for what happens to a run.
  package init(_ event: RunEvent) {
    switch event {
    case .planRecorded: self = .planRecorded
    case .voteRecorded, .approved, .rejected: self = .decision
    case .effectIntended: self = .effectIntended
    case .effectApplied, .effectFailed: self = .effectOutcome
    case .outcomeUnclear: self = .effectUnclear
    case .reconciled: self = .effectReconciled
    case .verifiedGood, .verifiedBad: self = .verified
    case .rollbackStarted: self = .rollbackPlanned
    case .suppressed, .planFailed, .planRefused, .planEmpty, .withdrawn, .deadlinePassed, .superseded, .effectsGone,
      .nothingApplied, .partApplied, .allRestored, .accepted:
      self = .runClosed
    case .planningStarted, .frozen, .thawed, .claimed, .claimReleased, .takenOver, .digestConfirmed, .halted,
      .driftFound, .allApplied, .rollbackConflicted, .rollbackFailed:
      self = .runChanged
    }
  }
}
