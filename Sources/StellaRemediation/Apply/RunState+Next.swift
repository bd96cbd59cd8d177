import StellaModel

extension RunState {
  /// The state after `event`, or nil when the event can't happen in this state and must be rejected. Pure; O(1).
  ///
  /// An event that leads back to the same state is a record worth keeping, such as a vote or an intent.
  package static func next(_ state: RunState, _ event: RunEvent) -> RunState? {
    switch state {
    case .proposed: afterProposal(event)
    case .planning: afterPlanning(event)
    case .awaiting, .approved, .frozen: whileWaiting(state, event)
    case .checking, .applying, .unknown: whileApplying(state, event)
    case .stopped, .partial, .verifying, .succeeded, .ineffective: afterApplying(state, event)
    case .rollingBack, .rollbackUnknown, .rollbackConflict, .rollbackFailed: whileRollingBack(state, event)
    case .suppressed, .planFailed, .noChange, .refused, .rejected, .expired, .withdrawn, .superseded, .failed,
      .rolledBack, .accepted:
      nil
    }
  }

  private static func afterProposal(_ event: RunEvent) -> RunState? {
    switch event {
    case .suppressed: .suppressed
    case .planningStarted: .planning
    default: nil
    }
  }

  private static func afterPlanning(_ event: RunEvent) -> RunState? {
    switch event {
    case .takenOver: .planning
    case .planFailed: .planFailed
    case .planRefused: .refused
    case .planEmpty: .noChange
    case .planRecorded: .awaiting
    default: nil
    }
  }

  /// Nothing has been applied, so that whoever asked may take it back and an edited plan may replace it.
  private static func whileWaiting(_ state: RunState, _ event: RunEvent) -> RunState? {
    switch (state, event) {
    case (_, .withdrawn): .withdrawn
    case (_, .superseded): .superseded

    case (.awaiting, .voteRecorded): .awaiting
    case (.awaiting, .approved): .approved
    case (.awaiting, .rejected): .rejected
    case (.awaiting, .deadlinePassed): .expired
    case (.awaiting, .effectsGone): .noChange

    case (.approved, .deadlinePassed): .expired
    case (.approved, .frozen): .frozen
    case (.approved, .claimed): .checking

    case (.frozen, .thawed): .approved
    default: nil
    }
  }

  private static func whileApplying(_ state: RunState, _ event: RunEvent) -> RunState? {
    switch (state, event) {
    case (.checking, .takenOver): .checking
    case (.checking, .claimReleased): .approved
    case (.checking, .superseded): .superseded
    case (.checking, .effectsGone): .noChange
    case (.checking, .digestConfirmed): .applying

    case (.applying, .takenOver), (.applying, .effectIntended), (.applying, .effectApplied), (.applying, .reconciled):
      .applying
    case (.applying, .effectFailed), (.applying, .halted), (.applying, .driftFound): .stopped
    case (.applying, .outcomeUnclear): .unknown
    case (.applying, .allApplied): .verifying

    case (.unknown, .reconciled): .applying
    default: nil
    }
  }

  private static func afterApplying(_ state: RunState, _ event: RunEvent) -> RunState? {
    switch (state, event) {
    case (.stopped, .takenOver): .stopped
    case (.stopped, .nothingApplied): .failed
    case (.stopped, .partApplied): .partial
    case (.stopped, .rollbackStarted): .rollingBack

    case (.verifying, .takenOver): .verifying
    case (.verifying, .verifiedGood): .succeeded
    case (.verifying, .verifiedBad): .ineffective

    case (.partial, .accepted): .accepted
    case (.partial, .rollbackStarted), (.succeeded, .rollbackStarted), (.ineffective, .rollbackStarted): .rollingBack
    default: nil
    }
  }

  private static func whileRollingBack(_ state: RunState, _ event: RunEvent) -> RunState? {
    switch (state, event) {
    case (.rollingBack, .takenOver), (.rollingBack, .reconciled): .rollingBack
    case (.rollingBack, .allRestored): .rolledBack
    case (.rollingBack, .rollbackConflicted): .rollbackConflict
    case (.rollingBack, .rollbackFailed): .rollbackFailed
    case (.rollingBack, .outcomeUnclear): .rollbackUnknown
    // Some effects are undone and others aren't: the same question to a person as after half an application.
    case (.rollingBack, .halted): .partial

    case (.rollbackUnknown, .reconciled): .rollingBack
    case (.rollbackConflict, .rollbackStarted), (.rollbackFailed, .rollbackStarted): .rollingBack
    case (.rollbackConflict, .accepted), (.rollbackFailed, .accepted): .accepted
    default: nil
    }
  }
}
