import StellaModel

/// What a person's vote came to.
package struct DecisionOutcome: Sendable {
  package let run: Run
  package let quorum: Quorum
  /// Whether the same vote was there already, so that nothing was written.
  package let isRepeated: Bool
  /// The number of the record that says it; for a repeated vote that of the log's last one.
  package let record: Int64
}

/// A vote that was not recorded, and why.
package struct RefusedBallot: Error, Sendable {
  package let refusal: Ballot.Refusal
  package let run: Run
  /// Without the vote.
  package let quorum: Quorum
}

extension Remediation {
  /// Records a person's vote on exactly one plan.
  ///
  /// The same vote once more changes nothing and gets the same answer. A vote is durable on return.
  ///
  /// - Parameters:
  ///   - voter: the person's name in `users:`, as the kernel or a session tells it.
  ///   - digest: what the person gave as the plan's digest, 12 digits or more.
  /// - Throws: ``RefusedBallot``, nothing being recorded but that a deadline is over; ``RemediationError`` `not_found`;
  ///   ``StoreError``.
  package func vote(
    _ decision: RunVote.Decision, on id: String, by voter: String, digest: String, reason: String
  ) throws -> DecisionOutcome {
    let result = try store.write(as: .command) { transaction -> Result<DecisionOutcome, RefusedBallot> in
      var run = try found(id, transaction)
      let ballot = Ballot(voter: voter, decision: decision, digest: digest, reason: reason, time: time.reading())
      let outcome = ballot.outcome(
        on: run, votes: try transaction.votes(on: id), policy: policy(of: run), people: people, facts: facts(of: run))
      switch outcome {
      case .repeated(let vote, let quorum):
        // The policy may ask for less than when the vote was cast.
        if run.state == .awaiting, quorum.state != .pending {
          try settle(quorum, vote, &run, actor: "user:\(vote.voter)", transaction)
        }
        return .success(DecisionOutcome(run: run, quorum: quorum, isRepeated: true, record: transaction.head.size))
      case .cast(let vote, let quorum):
        try transaction.insert(vote)
        try settle(quorum, vote, &run, actor: "user:\(vote.voter)", transaction)
        return .success(DecisionOutcome(run: run, quorum: quorum, isRepeated: false, record: transaction.head.size))
      case .refused(let refusal):
        if case .late = refusal {
          try journal.record(
            .deadlinePassed, on: &run, actor: "engine", detail: "the time to decide was over", transaction)
        }
        return .failure(RefusedBallot(refusal: refusal, run: run, quorum: try fullQuorum(of: run, transaction)))
      }
    }
    return try result.get()
  }

  private func settle(
    _ quorum: Quorum, _ vote: RunVote, _ run: inout Run, actor: String, _ transaction: Store.Transaction
  ) throws {
    let body: [FieldValue.Member] = [
      .init("decision", .string(vote.decision.rawValue)), .init("digest", .string(vote.digest.description)),
      .init("approvals", .integer(Int64(quorum.approvals))), .init("needed", .integer(Int64(quorum.approvalCount))),
    ]
    switch quorum.state {
    case .pending:
      try journal.record(.voteRecorded, on: &run, actor: actor, detail: vote.reason, body: body, transaction)
    case .rejected:
      try journal.record(.rejected, on: &run, actor: actor, detail: vote.reason, body: body, transaction)
    case .satisfied:
      begin(executing: &run, policy(of: run))
      try journal.record(.approved, on: &run, actor: actor, detail: vote.reason, body: body, transaction)
    }
  }

  /// Takes a request back before anything was applied.
  ///
  /// - Parameters:
  ///   - voter: who asked for it, or an approver.
  ///   - token: what who comes with a token is on the log, and must have asked for it; nil for a person.
  package func withdraw(_ id: String, by voter: String, token: String? = nil, reason: String) throws -> Run {
    try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      let person = people[voter]
      let actor = token ?? "user:\(voter)"
      guard run.requestedBy == actor || token == nil && person?.roles.contains(.approver) == true,
        person?.isDisabled != true
      else {
        throw RemediationError(
          .notPermitted, "only who asked for \(id) (\(run.requestedBy)), or an approver, can withdraw it.")
      }
      try journal.record(.withdrawn, on: &run, actor: actor, detail: reason, transaction)
      return run
    }
  }

  /// Plans a waiting run once more, now. With the same plan its votes stay; with another one, another run takes its place.
  package func replan(_ id: String, by actor: String) throws -> Run {
    let (run, plan) = try store.readRuns { transaction -> (Run, Plan) in
      let run = try found(id, transaction)
      guard run.state == .awaiting || run.state == .approved else {
        throw RemediationError(.conflict, "\(id) is \(run.state.rawValue): there is no plan that waits.")
      }
      return (run, try self.plan(of: run, transaction))
    }
    let comparison = run.rollsBack == nil ? compareFix(run, plan, views: [:]) : compareTargets(plan, views: [:])
    return try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      guard run.state == .awaiting || run.state == .approved, run.digest == plan.digest else { return run }
      switch comparison {
      case .same:
        run.checkedAt = time.now()
        try transaction.update(run)
      case .unavailable(let why):
        throw RemediationError(.conflict, "\(id) could not be planned again: \(why)")
      case .nothing where run.state == .awaiting:
        try journal.record(.effectsGone, on: &run, actor: actor, detail: "there is nothing left to change", transaction)
      case .nothing:
        try journal.record(.superseded, on: &run, actor: actor, detail: "there is nothing left to change", transaction)
      case .impossible(let why): try journal.record(.superseded, on: &run, actor: actor, detail: why, transaction)
      case .other(let other, let notes, let isSafe):
        if let next = try supersede(&run, by: other, notes: notes, isSafe: isSafe, actor: actor, transaction) {
          return next
        }
      }
      return run
    }
  }

  /// Stops all effects at their next boundary, durably; or lets them go on.
  package func setFreeze(_ isFrozen: Bool, by voter: String, reason: String) throws -> Freeze? {
    try store.write(as: .command) { transaction in
      let present = try transaction.freeze()
      guard (present != nil) != isFrozen else { return present }
      let freeze = isFrozen ? Freeze(by: Caller.actor(voter), reason: reason, since: time.now()) : nil
      try transaction.setFreeze(freeze)
      try transaction.append(
        LogEntry(
          isFrozen ? .frozen : .thawed, time: time.now(), actor: Caller.actor(voter),
          payload: journal.payload(Array(reason.utf8))))
      return freeze
    }
  }

  /// An operator says what became of an effect whose outcome nobody could tell.
  ///
  /// - Parameter isApplied: the run goes on after it; otherwise it stops there.
  /// - Returns: the run, which the next runner takes up.
  package func reconcile(_ id: String, isApplied: Bool, by voter: String, reason: String) throws -> Run {
    try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      guard people[voter]?.roles.contains(.approver) == true, people[voter]?.isDisabled != true else {
        throw RemediationError(.notPermitted, "only an approver can say what became of \(id).")
      }
      // What is unknown about a run that is being undone is a step of its rollback.
      if run.state == .rollbackUnknown, let undoing = try rollback(of: id, transaction) { run = undoing }
      guard run.state == .unknown, var step = try transaction.steps(of: run.id).first(where: { $0.state == .intended })
      else { throw RemediationError(.conflict, "\(id) is \(run.state.rawValue): no outcome is unknown.") }
      // A plan that was erased keeps nobody from saying it.
      let group = try? plan(of: run, transaction).groups.first { $0.number == step.group }
      let actor = "user:\(voter)"
      step.state = isApplied ? .applied : .notApplied
      step.detail = "\(voter) says so: \(reason)"
      step.endedAt = time.now()
      let body = [FieldValue.Member("outcome", .string(step.state.rawValue))]
      if let group {
        try journal.record(
          .reconciled, step: step, effect: group.effects.lowerBound, on: &run, actor: actor, body: body, transaction)
      } else {
        try transaction.put(step)
        try journal.record(.reconciled, on: &run, actor: actor, detail: step.detail, body: body, transaction)
      }
      try followReconciled(run, actor: actor, transaction)
      if !isApplied {
        try journal.record(.halted, on: &run, actor: actor, detail: step.detail, transaction)
      }
      return run
    }
  }

  /// An operator closes a run as it stands: what was applied stays.
  package func accept(_ id: String, by voter: String, reason: String) throws -> Run {
    try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      guard people[voter]?.roles.contains(.approver) == true, people[voter]?.isDisabled != true else {
        throw RemediationError(.notPermitted, "only an approver can close \(id).")
      }
      try journal.record(.accepted, on: &run, actor: "user:\(voter)", detail: reason, transaction)
      return run
    }
  }
}
