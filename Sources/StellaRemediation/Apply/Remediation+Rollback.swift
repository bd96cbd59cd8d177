import StellaModel

extension Remediation {
  /// Asks for what a run applied to be taken back: a run of its own, with a plan of its own that is decided on like any other.
  ///
  /// - Parameter actor: who asks, such as `user:mara`.
  /// - Returns: the new run; or the one that is under way already.
  /// - Throws: ``RemediationError`` `not_found`, `conflict` when there is nothing to take back or what was there before is
  ///   erased; ``StoreError``.
  package func requestRollback(of id: String, by actor: String) throws -> Run {
    try store.write(as: .command) { try requestRollback(of: id, by: actor, decidedByPolicy: false, $0) }
  }

  /// - Parameter decidedByPolicy: whether a policy that rolls back by itself has decided already.
  func requestRollback(
    of id: String, by actor: String, decidedByPolicy: Bool, _ transaction: Store.Transaction
  ) throws -> Run {
    let origin = try found(id, transaction)
    guard RunState.next(origin.state, .rollbackStarted) != nil, origin.rollsBack == nil else {
      throw RemediationError(
        .conflict,
        origin.rollsBack != nil
          ? "\(id) is itself a rollback. Ask for the fix again instead."
          : "\(id) is \(origin.state.rawValue): there is nothing that could be rolled back now.")
    }
    if let other = try rollback(of: id, transaction) { return other }
    let plan = try plan(of: origin, transaction)
    var results = AppliedResults(plan)
    for step in try transaction.steps(of: id) where step.state == .applied { results.add(step, plan) }
    let policy = policy(of: origin)
    let rollback = try Rollback(
      of: plan, applied: results.applied,
      bounds: PlanBounds(rows: Plan.rowLimit, targets: plan.content.targets.count),
      knownSecrets: targets.secrets)
    guard let undo = rollback.plan else {
      let reasons = rollback.irreversible.map { "e\($0.effect): \($0.reason)" }.joined(separator: "; ")
      throw RemediationError(.conflict, "nothing that \(id) did can be taken back (\(reasons)).")
    }
    var run = Run(
      id: try newID(alert: origin.alert, fix: origin.fix, salt: "rollback of \(id)", transaction), fix: origin.fix,
      fixTitle: "Roll back \(id): \(origin.fixTitle)", fixFile: origin.fixFile, subject: "rollback of \(id)",
      parameters: origin.parameters, requestedBy: actor, policy: policy.name, proposedAt: time.now())
    run.rollsBack = id
    run.alert = origin.alert
    run.rule = origin.rule
    run.alertKey = origin.alertKey
    run.reason = "takes back what \(id) did"
    try journal.propose(run, transaction)
    try journal.record(.planningStarted, on: &run, actor: actor, transaction)
    let left = rollback.irreversible.map { "e\($0.effect) stays: \($0.reason)" }
    try record(undo, of: &run, notes: left, policy: policy, actor: actor, transaction)
    if decidedByPolicy {
      try journal.record(
        .approved, on: &run, actor: actor, body: [.init("digest", .string(undo.digest.description))], transaction)
    }
    return run
  }

  /// Whether a policy has asked for this rollback and decided it.
  func isByPolicy(rollback run: Run) -> Bool {
    run.rollsBack != nil && run.requestedBy == "policy:\(run.policy)" && policy(of: run).rollsBackByItself
  }

  /// The rollback of a run that is still under way.
  func rollback(of id: String, _ transaction: some RunTransaction) throws -> Run? {
    var query = RunQuery()
    query.subject = "rollback of \(id)"
    return try transaction.runs(query).last { !$0.state.isTerminal && $0.endedAt == nil }
  }

  // MARK: - What a rollback means for the run that it takes back

  /// The first intent of a rollback: from now on its origin is being undone.
  func followIntent(of run: Run, _ transaction: Store.Transaction) throws {
    guard let id = run.rollsBack, var origin = try transaction.run(id), origin.state != .rollingBack else { return }
    try journal.record(
      .rollbackStarted, on: &origin, actor: run.requestedBy, body: [.init("by", .string(run.id))], transaction)
  }

  func followUnclear(_ run: Run, _ transaction: Store.Transaction) throws {
    guard let id = run.rollsBack, var origin = try transaction.run(id), origin.state == .rollingBack else { return }
    try journal.record(
      .outcomeUnclear, on: &origin, actor: "engine", detail: "see \(run.id)", transaction)
  }

  func followReconciled(_ run: Run, actor: String, _ transaction: Store.Transaction) throws {
    guard let id = run.rollsBack, var origin = try transaction.run(id), origin.state == .rollbackUnknown else { return }
    try journal.record(.reconciled, on: &origin, actor: actor, detail: "see \(run.id)", transaction)
  }

  func followEnd(of run: Run, isDrift: Bool, _ transaction: Store.Transaction) throws {
    guard let id = run.rollsBack, var origin = try transaction.run(id), origin.state == .rollingBack else { return }
    let event: RunEvent
    switch run.state {
    case .succeeded: event = .allRestored
    case .failed, .partial: event = isDrift ? .rollbackConflicted : .rollbackFailed
    default: return
    }
    try journal.record(
      event, on: &origin, actor: "engine", detail: event == .allRestored ? "by \(run.id)" : "\(run.id): \(run.detail)",
      transaction)
  }
}
