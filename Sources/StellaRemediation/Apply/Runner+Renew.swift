import StellaModel

extension Runner {
  /// Puts a newly planned run in the place of an approved one whose approval no longer holds, because a role was taken away
  /// or the policy asks for more: whoever may decide now is asked anew. Runs scripts.
  ///
  /// - Returns: the run, superseded; still `approved` when it can't be planned now, with the reason in its detail.
  func renew(_ lapsed: Run) throws -> Run {
    let plan: Plan
    let comparison: PlanComparison
    do {
      plan = try write { try remediation.plan(of: lapsed, $0) }
      comparison = compare(lapsed, plan, nil)
    } catch let error as RemediationError {
      return try supersede(lapsed, error.message)
    } catch let error as PlanError {
      return try supersede(lapsed, "\(error)")
    }
    let why = "the approval no longer holds: somebody's role or the policy has changed"
    return try write { transaction in
      var run = try remediation.found(lapsed.id, transaction)
      guard run.state == .approved, run.digest == plan.digest,
        try remediation.quorum(of: run, transaction) != .satisfied
      else { return run }
      switch comparison {
      case .same:
        try remediation.supersede(
          &run, by: plan, notes: try transaction.notes(of: run.id), isSafe: run.isSafe, because: why,
          actor: Self.actor, transaction)
      case .other(let other, let notes, let isSafe):
        try remediation.supersede(
          &run, by: other, notes: notes, isSafe: isSafe, because: why, actor: Self.actor, transaction)
      case .nothing:
        try remediation.journal.record(
          .superseded, on: &run, actor: Self.actor, detail: "\(why); and there is nothing left to change", transaction)
      case .impossible(let problem):
        try remediation.journal.record(
          .superseded, on: &run, actor: Self.actor, detail: "\(why); and \(problem)", transaction)
      case .unavailable(let problem):
        run.detail = "\(why); it can't be planned anew now: \(problem)"
        try transaction.update(run)
      }
      return run
    }
  }
}
