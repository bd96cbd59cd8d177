import StellaModel

/// What a person's vote came to.
package struct DecisionOutcome: Sendable {
  package let run: Run
  package let quorum: Quorum
  /// Whether the same vote was there already, so that nothing was written.
  package let isRepeated: Bool
  /// The number of the record that says it.
  package let record: Int64
}

extension Remediation {
  /// Records a person's vote on exactly one plan.
  ///
  /// The same vote once more changes nothing and gets the same answer. A vote is durable on return.
  ///
  /// - Parameters:
  ///   - voter: the person's name in `users:`, as the kernel or a session tells it.
  ///   - digest: what the person gave as the plan's digest, 12 digits or more.
  /// - Throws: ``RemediationError`` `conflict` when the plan is another one, or the run no longer awaits votes;
  ///   `not_permitted` when this person can't vote on it; `usage` when the digest is none.
  package func vote(
    _ decision: RunVote.Decision, on id: String, by voter: String, digest given: String, reason: String
  ) throws -> DecisionOutcome {
    let (outcome, problem) = try store.write(as: .command) { transaction -> (DecisionOutcome?, RemediationError?) in
      var run = try found(id, transaction)
      let digest = try matched(given, run)
      let person = people[voter]?.name ?? voter
      let votes = try transaction.votes(on: id)
      let actor = "user:\(person)"
      if let same = votes.first(where: { $0.voter == person && $0.digest == digest && $0.decision == decision }) {
        let quorum = try fullQuorum(of: run, transaction)
        if same.decision == .approve || run.state == .rejected {
          return (
            DecisionOutcome(run: run, quorum: quorum, isRepeated: true, record: transaction.head.size), nil
          )
        }
      }
      try checkAwaiting(&run, actor: actor, transaction)
      if run.state != .awaiting { return (nil, expired(run)) }
      let before = try fullQuorum(of: run, transaction)
      if let bar = before.bar(of: person, to: decision) {
        return (
          nil,
          RemediationError(
            .notPermitted, "you can't \(decision.rawValue) \(id): \(bar.sentence). \(before.eligibleSentence).")
        )
      }
      let vote = RunVote(
        run: id, voter: person, decision: decision, digest: digest, reason: reason, time: time.now())
      try transaction.insert(vote)
      let quorum = try fullQuorum(of: run, transaction)
      try settle(quorum, vote, &run, actor: actor, transaction)
      return (DecisionOutcome(run: run, quorum: quorum, isRepeated: false, record: transaction.head.size), nil)
    }
    if let problem { throw problem }
    guard let outcome else { throw RemediationError(.conflict, "\(id) could not be decided.") }
    return outcome
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
      run.executeBy = policy(of: run).executeBy(approvedAt: time.now())
      try journal.record(.approved, on: &run, actor: actor, detail: vote.reason, body: body, transaction)
    }
  }

  private func matched(_ given: String, _ run: Run) throws(RemediationError) -> PlanDigest {
    guard let digest = run.digest else {
      throw RemediationError(.conflict, "\(run.id) has no plan that could be decided on: it is \(run.state.rawValue).")
    }
    do throws(PlanDigest.PrefixError) {
      if try digest.matches(given) { return digest }
    } catch {
      switch error {
      case .tooShort(let count):
        throw RemediationError(
          .conflict,
          "\(count) digits of a digest are too few to name one plan. Give \(PlanDigest.prefixDigits) or more of those that "
            + "`stella approvals show \(run.id)` prints.")
      case .tooLong, .notHexadecimal:
        throw RemediationError(
          .usage, "that is no digest. `stella approvals show \(run.id)` prints the one of this plan.")
      }
    }
    let next = run.supersededBy.map { " It was superseded by \($0); votes were not carried over." } ?? ""
    throw RemediationError(
      .conflict,
      "the plan of \(run.id) is not the one that you saw: it is \(digest.short).\(next) Read it: "
        + "stella approvals show \(run.supersededBy ?? run.id)")
  }

  /// Lets the time to decide end, if it is over.
  private func checkAwaiting(_ run: inout Run, actor: String, _ transaction: Store.Transaction) throws {
    if run.state == .awaiting, let deadline = run.decideBy, time.now() >= deadline {
      try journal.record(
        .deadlinePassed, on: &run, actor: "engine", detail: "the time to decide was over", transaction)
      return
    }
    guard run.state == .awaiting else {
      let next = run.supersededBy.map { " Look at \($0)." } ?? ""
      throw RemediationError(
        .conflict, "\(run.id) is \(run.state.rawValue) and no longer awaits votes.\(next)")
    }
  }

  private func expired(_ run: Run) -> RemediationError {
    RemediationError(.conflict, "\(run.id) has expired: the time to decide was over. Ask for the fix again.")
  }

  /// Takes a request back before anything was applied.
  ///
  /// - Parameter voter: who asked for it, or an approver.
  package func withdraw(_ id: String, by voter: String, reason: String) throws -> Run {
    try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      let person = people[voter]
      guard run.requestedBy == "user:\(voter)" || person?.roles.contains(.approver) == true, person?.isDisabled != true
      else {
        throw RemediationError(
          .notPermitted, "only who asked for \(id) (\(run.requestedBy)), or an approver, can withdraw it.")
      }
      try journal.record(.withdrawn, on: &run, actor: "user:\(voter)", detail: reason, transaction)
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
      let freeze = isFrozen ? Freeze(by: "user:\(voter)", reason: reason, since: time.now()) : nil
      try transaction.setFreeze(freeze)
      try transaction.append(
        LogEntry(
          isFrozen ? .frozen : .thawed, time: time.now(), actor: "user:\(voter)",
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
      guard run.state == .unknown, var step = try transaction.steps(of: id).first(where: { $0.state == .intended })
      else { throw RemediationError(.conflict, "\(id) is \(run.state.rawValue): no outcome is unknown.") }
      let plan = try self.plan(of: run, transaction)
      guard let group = plan.groups.first(where: { $0.number == step.group }) else {
        throw RemediationError(.conflict, "the plan of \(id) has no group \(step.group). Run `stella log verify`.")
      }
      let actor = "user:\(voter)"
      step.state = isApplied ? .applied : .notApplied
      step.detail = "\(voter) says so: \(reason)"
      step.endedAt = time.now()
      try journal.record(
        .reconciled, step: step, effect: group.effects.lowerBound, on: &run, actor: actor,
        body: [.init("outcome", .string(step.state.rawValue))], transaction)
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
