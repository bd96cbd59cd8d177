import StellaModel
import StellaScripting

/// All that proposing, deciding and running need. A value: what a reload changes is another one.
package struct Remediation<Store: RunStore>: Sendable {
  package let store: Store
  package let journal: RunJournal
  package let fixes: FixSet
  package let targets: TargetSet
  package let policies: PolicySet
  /// Who may act; ``people`` is who that is at the moment.
  package var roster: Roster
  package let reserve: any SpaceReserve
  /// The id of the store's execution log, which names the store towards targets.
  package let log: String
  /// Nil: runs begin however long no anchor was reached.
  package var anchorHold: AnchorHold?

  package init(
    store: Store, journal: RunJournal, fixes: FixSet, targets: TargetSet, policies: PolicySet, people: People,
    reserve: any SpaceReserve, log: String
  ) {
    self.store = store
    self.journal = journal
    self.fixes = fixes
    self.targets = targets
    self.policies = policies
    roster = Roster(people)
    self.reserve = reserve
    self.log = log
  }

  package var people: People { roster.people }
  var planner: FixPlanner { FixPlanner(targets: targets) }
  var time: any TimeSource { journal.time }

  /// What holds now for runs of this fix.
  package func policy(of fix: FixManifest) -> Policy {
    policies.policy(fix: fix.id, tags: fix.tags, targets: fix.targets)
  }

  /// The same for a run, also when its fix is no longer loaded.
  package func policy(of run: Run) -> Policy {
    if let fix = fixes.fix(run.fix) { return policy(of: fix.manifest) }
    return policies.policy(fix: run.fix, tags: [], targets: run.targets)
  }

  func bounds(_ policy: Policy) -> PlanBounds {
    PlanBounds(rows: policy.limits.rows, targets: policy.limits.targets, sharePercent: policy.limits.sharePercent)
  }

  func found(_ id: String, _ transaction: some RunTransaction) throws -> Run {
    guard let run = try transaction.run(id) else {
      throw RemediationError(.notFound, "there is no run \(id). `stella runs list` shows those that there are.")
    }
    return run
  }

  func plan(of run: Run, _ transaction: some RunTransaction) throws -> Plan {
    guard let bytes = try transaction.plan(of: run.id) else {
      throw RemediationError(
        .conflict, "the plan of \(run.id) was erased, and with it what was there before. It can't be done by itself.")
    }
    let plan: Plan
    do {
      plan = try Plan(canonical: bytes)
    } catch {
      throw RemediationError(.conflict, "the plan that is stored for \(run.id) can't be read: \(error)")
    }
    guard plan.digest == run.digest else {
      throw RemediationError(
        .conflict, "the plan that is stored for \(run.id) isn't the one that was recorded. Run `stella log verify`.")
    }
    return plan
  }
}
