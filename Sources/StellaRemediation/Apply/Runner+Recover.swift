import StellaModel

extension Runner {
  /// Goes on with what an engine before this one left: first what may have been half done, then what was about to begin. Call
  /// it once, before anything else.
  ///
  /// A rollback that a policy has decided is a part of the run that it undoes, and is carried out as well.
  ///
  /// - Returns: the runs that were touched and those that are undone by them, as they are then. One whose database is busy is
  ///   still `applying`, with the reason in its detail, and ``turn()`` goes on with it.
  /// - Throws: ``StoreError``; call it again then.
  @discardableResult
  package func recover() throws -> [Run] {
    var query = RunQuery()
    query.states = [.applying, .stopped, .verifying, .checking, .planning, .proposed]
    let left = try remediation.store.readRuns { try $0.runs(query) }
    var touched: [String] = []
    // What has begun comes first.
    for state in query.states {
      for run in left where run.state == state && !isEnding() {
        _ = try takeOver(run)
        touched.append(run.id)
        if let origin = run.rollsBack { touched.append(origin) }
      }
    }
    query.states = [.approved]
    for run in try remediation.store.readRuns({ try $0.runs(query) }) where remediation.isByPolicy(rollback: run) {
      // A freeze and the like keep it for a later turn.
      do { _ = try execute(run.id) } catch is RemediationError {}
      touched += [run.id, run.rollsBack ?? run.id]
    }
    var seen: Set<String> = []
    return try remediation.store.readRuns { transaction in
      try touched.filter { seen.insert($0).inserted }.map { try remediation.found($0, transaction) }
    }
  }

  private func takeOver(_ left: Run) throws -> Run {
    let run = try write { transaction -> Run in
      var run = try remediation.found(left.id, transaction)
      if RunState.next(run.state, .takenOver) != nil {
        try remediation.journal.record(
          .takenOver, on: &run, actor: Self.actor, body: [.init("epoch", .integer(epoch))], transaction)
      }
      switch run.state {
      case .proposed: try remediation.journal.record(.planningStarted, on: &run, actor: Self.actor, transaction)
      case .checking:
        try remediation.journal.record(
          .claimReleased, on: &run, actor: Self.actor, detail: "the engine ended before it began", transaction)
      default: break
      }
      return run
    }
    switch run.state {
    case .planning: return try remediation.plan(run, as: .runner(epoch: epoch), actor: Self.actor)
    case .applying: return try goOn(run)
    case .stopped, .verifying: return try finish(run)
    default: return run
    }
  }

  /// A run that is `applying`: finds out what became of an open intent, and goes on from there.
  ///
  /// What keeps one run from going on, such as a plan that was erased, never keeps others: it is left to a person.
  package func goOn(_ run: Run) throws -> Run {
    do {
      return try resolveOpen(run)
    } catch let error as RemediationError {
      return try leaveToPerson(run, error.message)
    } catch let error as PlanError {
      return try leaveToPerson(run, "\(error)")
    }
  }

  private func leaveToPerson(_ run: Run, _ why: String) throws -> Run {
    let left = try write { transaction in
      var run = try remediation.found(run.id, transaction)
      guard run.state == .applying else { return run }
      let isOpen = try transaction.steps(of: run.id).contains { $0.state == .intended }
      try remediation.journal.record(
        isOpen ? .outcomeUnclear : .halted, on: &run, actor: Self.actor, detail: why, transaction)
      if isOpen { try remediation.followUnclear(run, transaction) }
      return run
    }
    return try finish(left)
  }

  private func resolveOpen(_ start: Run) throws -> Run {
    var run = start
    let (plan, steps) = try write { transaction in
      (try remediation.plan(of: run, transaction), try transaction.steps(of: run.id))
    }
    // What is left of the plan is for the things that it was approved for.
    switch remediation.compareTargets(plan, views: [:]) {
    case .impossible(let why): return try leaveToPerson(run, why)
    case .unavailable(let why):
      return remediation.lateness(of: run) == nil ? try postpone(run, why) : try leaveToPerson(run, why)
    default: break
    }
    if var open = steps.first(where: { $0.state == .intended }),
      let group = plan.groups.first(where: { $0.number == open.group })
    {
      var results = AppliedResults(plan)
      for step in steps where step.state == .applied { results.add(step, plan) }
      let outcome: StepPerformer.Outcome
      do {
        outcome = try performer.recover(
          try results.resolved(group), marker: marker(open, plan), since: open.intention,
          isOwn: open.epoch == epoch)
      } catch let error as TargetError {
        // Not for ever: a target that is gone for good is a person's matter.
        return remediation.lateness(of: run) == nil
          ? try postpone(run, error.description) : try leaveToPerson(run, error.description)
      }
      switch outcome {
      case .pending(let why): return try postpone(run, why)
      // What this engine itself had no answer to is a failure like any other; what one before it left is begun once more.
      case .notApplied(let detail, _) where open.epoch != epoch || group.effectClass == .tx:
        run = try leaveUndone(&open, detail, run, group)
      default: run = try record(outcome, &open, run, group)
      }
      guard run.state == .applying else { return try finish(run) }
    }
    if try write({ try $0.steps(of: run.id) }).allSatisfy({ $0.state != .applied }) {
      return try begin(run, plan)
    }
    return try finish(try apply(run, plan, lock: nil))
  }

  /// For certain nothing was changed and nothing will be: the group is begun once more, like one that never was.
  private func leaveUndone(
    _ step: inout RunStep, _ detail: String, _ run: Run, _ group: EffectGroup
  ) throws -> Run {
    step.state = .notApplied
    step.detail = detail
    step.endedAt = remediation.time.now()
    let undone = step
    return try writeOutcome { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(
        .reconciled, step: undone, effect: group.effects.lowerBound, on: &run, actor: Self.actor,
        body: [.init("outcome", .string(undone.state.rawValue))], transaction)
      return run
    }
  }

  /// Nothing is in force yet, so that the comparison before the crash says nothing any more.
  private func begin(_ run: Run, _ plan: Plan) throws -> Run {
    if let why = try write({ try remediation.lateness(of: run) ?? remediation.obstacle(to: run, $0) }) {
      return try finish(try stop(run, why))
    }
    var lock: (any SQLLock)?
    do throws(TargetError) {
      if let group = plan.groups.first, let name = group.target, let database = remediation.targets.databases[name] {
        lock = try database.lock()
      }
    } catch {
      return error.canRetry ? try postpone(run, error.description) : try finish(try stop(run, error.description))
    }
    switch compare(run, plan, lock) {
    case .same: return try finish(try apply(run, plan, lock: lock))
    case .other, .nothing:
      lock?.close()
      return try finish(try stop(run, "its target has changed since the engine ended", event: .driftFound))
    case .unavailable(let why), .impossible(let why):
      lock?.close()
      return try finish(try stop(run, why))
    }
  }

  private func stop(_ run: Run, _ why: String, event: RunEvent = .halted) throws -> Run {
    try write { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(event, on: &run, actor: Self.actor, detail: why, transaction)
      return run
    }
  }

  /// Lets deadlines pass, wakes frozen runs when the freeze is over, and carries out what is approved.
  ///
  /// - Returns: the runs that were carried out.
  package func turn() throws -> [Run] {
    try expire()
    var query = RunQuery()
    query.states = [.approved, .applying, .stopped]
    let ready = try remediation.store.readRuns { transaction -> [Run] in
      try transaction.freeze() == nil ? try transaction.runs(query) : []
    }
    var ran: [Run] = []
    var trouble: (any Error)?
    for run in ready where !isEnding() {
      do {
        switch run.state {
        case .approved: ran.append(try execute(run.id))
        case .applying: ran.append(try goOn(run))
        default: ran.append(try finish(run))
        }
      } catch let error as StoreError {
        throw error
      } catch {
        // Of one run; the others don't wait for it.
        trouble = trouble ?? error
      }
    }
    if let trouble { throw trouble }
    return ran
  }

  private func expire() throws {
    // Most of the time nothing is due, and nobody's writing is held up to find that out.
    guard try remediation.store.readRuns({ try !due($0).isEmpty }) else { return }
    try write { transaction in
      for var run in try due(transaction) {
        if run.state == .frozen { try remediation.journal.record(.thawed, on: &run, actor: Self.actor, transaction) }
        guard isLate(run) else { continue }
        try remediation.journal.record(
          .deadlinePassed, on: &run, actor: Self.actor,
          detail: "the time to \(run.state == .awaiting ? "decide" : "execute") was over", transaction)
      }
    }
  }

  /// Runs whose time is over, and frozen ones that may go on.
  private func due(_ transaction: Store.Transaction) throws -> [Run] {
    var query = RunQuery()
    query.states = [.awaiting, .approved, .frozen]
    let isFrozen = try transaction.freeze() != nil
    return try transaction.runs(query).filter { $0.state == .frozen ? !isFrozen : isLate($0) }
  }

  private func isLate(_ run: Run) -> Bool { run.isLate(at: remediation.time.reading()) }
}
