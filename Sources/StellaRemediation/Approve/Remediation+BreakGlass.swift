import StellaModel

extension Remediation {
  /// One person decides alone in an emergency, as far as the policy names them. It takes the place of the quorum and of nothing
  /// else, and stays open until somebody else has looked at it.
  ///
  /// - Throws: ``RefusedBallot`` for what every vote must fulfil; ``RemediationError`` `not_permitted`; ``StoreError``.
  package func breakGlass(on id: String, by voter: String, digest: String, reason: String) throws -> Run {
    let result = try store.write(as: .command) { transaction -> Result<Run, RefusedBallot> in
      var run = try found(id, transaction)
      let policy = policy(of: run)
      let decision = BreakGlassDecision(
        policy: policy, people: people, name: voter, reason: reason, openReviews: try openReviews(transaction))
      if let why = decision.refusal(policy) { throw RemediationError(.notPermitted, why) }
      let ballot = Ballot(voter: voter, decision: .approve, digest: digest, reason: reason, time: time.reading())
      let outcome = ballot.outcome(
        on: run, votes: try transaction.votes(on: id), policy: policy, people: people, facts: facts(of: run))
      if case .refused(let refusal) = outcome, !refusal.isPermission {
        return .failure(RefusedBallot(refusal: refusal, run: run, quorum: try fullQuorum(of: run, transaction)))
      }
      guard run.state == .awaiting, let plan = run.digest else {
        throw RemediationError(.conflict, "\(id) is \(run.state.rawValue) and no longer awaits a decision.")
      }
      run.glassBrokenBy = people[voter]?.name ?? voter
      begin(executing: &run, policy)
      try journal.record(
        .approved, on: &run, actor: "user:\(run.glassBrokenBy ?? voter)", detail: reason,
        body: [.init("digest", .string(plan.description)), .init("break_glass", .bool(true))], transaction)
      return .success(run)
    }
    return try result.get()
  }

  /// Somebody else has looked at a decision that one person took alone.
  package func review(_ id: String, by voter: String, reason: String) throws -> Run {
    try store.write(as: .command) { transaction in
      var run = try found(id, transaction)
      guard let decider = run.glassBrokenBy, run.reviewedBy == nil else {
        throw RemediationError(.conflict, "no decision on \(id) waits for a review.")
      }
      guard BreakGlassDecision.mayReview(voter, of: decider, people: people) else {
        throw RemediationError(
          .notPermitted, "an approver other than \(decider), who decided alone, reviews \(id).")
      }
      run.reviewedBy = people[voter]?.name ?? voter
      try transaction.update(run)
      try transaction.append(
        LogEntry(
          .decision, time: time.now(), run: id, actor: "user:\(voter)",
          body: [.init("decision", .string("review")), .init("of", .string(decider))],
          payload: journal.payload(Array(reason.utf8))))
      return run
    }
  }

  private func openReviews(_ transaction: Store.Transaction) throws -> [String] {
    var query = RunQuery()
    query.isUnreviewed = true
    return try transaction.runs(query).map(\.id)
  }
}

extension BreakGlassDecision {
  /// Why not; nil when it is allowed.
  fileprivate func refusal(_ policy: Policy) -> String? {
    switch self {
    case .allowed: nil
    case .notConfigured: "the policy \(policy.name) lets nobody decide alone."
    case .notPermitted(let bar): "\(bar.sentence)."
    case .notNamed(let name): "the policy \(policy.name) doesn't name \(name) among those who may decide alone."
    case .reasonMissing: "who decides alone gives a reason."
    case .reviewOpen(let run): "\(run) was decided so and waits for its review: stella approvals review \(run)"
    }
  }
}
