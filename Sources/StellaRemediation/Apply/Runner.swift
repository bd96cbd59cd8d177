import StellaModel
import StellaScripting

/// Carries out approved runs, one at a time, in the name of the engine that holds the store's epoch.
///
/// Blocks, and runs scripts: call it from one thread with a stack of 1 MiB or more. Everything it does is recorded before it
/// is done and after; when the process ends anywhere in between, ``recover()`` of the next engine goes on.
package struct Runner<Store: RunStore>: Sendable {
  package let remediation: Remediation<Store>
  package let epoch: Int64
  let performer: StepPerformer
  let isEnding: @Sendable () -> Bool
  static var actor: String { "engine" }

  /// Takes the store over: from now on an engine before this one can write no more.
  ///
  /// - Parameters:
  ///   - holder: what this process is, for messages, such as `stella serve (pid 4711)`.
  ///   - isEnding: whether the process was asked to end. From then on no run and no effect is begun; what is under way is
  ///     finished and recorded, and the next engine goes on after it.
  /// - Throws: ``StoreError``, ``LogError``.
  package init(
    _ remediation: Remediation<Store>, holder: String, isEnding: @escaping @Sendable () -> Bool = { false }
  ) throws {
    self.remediation = remediation
    self.isEnding = isEnding
    performer = StepPerformer(targets: remediation.targets, time: remediation.time)
    epoch = try remediation.store.write(as: .command) { transaction in
      let epoch = try transaction.takeEpoch(holder: holder)
      try transaction.append(
        LogEntry(
          .engineStarted, time: remediation.time.now(), actor: Self.actor,
          body: [.init("epoch", .integer(epoch)), .init("holder", .string(holder))]))
      return epoch
    }
  }

  func write<Value>(_ body: (Store.Transaction) throws -> Value) throws -> Value {
    try remediation.store.write(as: .runner(epoch: epoch), body)
  }

  /// Records an outcome even on a full disk: with the space that was set aside.
  func writeOutcome<Value>(_ body: (Store.Transaction) throws -> Value) throws -> Value {
    do {
      return try write(body)
    } catch let error as StoreError where error.code == .full {
      try remediation.reserve.giveUp()
      return try write(body)
    }
  }

  /// A target that took a tombstone for one attempt takes no marker for it any more, but one for the next.
  func marker(_ step: RunStep, _ plan: Plan) -> EffectMarker {
    EffectMarker(
      store: remediation.log, run: step.attempt == 1 ? step.run : "\(step.run).\(step.attempt)", group: step.group,
      digest: plan.digest, epoch: epoch)
  }

  /// Carries out one approved run, to its end or to where a person has to decide.
  ///
  /// - Returns: the run as it is then; still `approved` when something it needs is busy, with the reason in its detail; still
  ///   `applying` when the process is to end.
  /// - Throws: ``RemediationError`` `not_found`, `conflict` when it isn't approved, `frozen`; ``StoreError``. The run is
  ///   then where the last record says, and ``recover()`` goes on from there.
  package func execute(_ id: String) throws -> Run {
    if isEnding() { return try remediation.store.readRuns { try remediation.found(id, $0) } }
    let (claimed, hasLapsed) = try claim(id)
    if hasLapsed { return try renew(claimed) }
    guard claimed.state == .checking else { return claimed }
    var (run, plan, lock) = try check(claimed)
    guard run.state == .applying, let plan else { return run }
    run = try apply(run, plan, lock: lock)
    return try finish(run)
  }

  private func claim(_ id: String) throws -> (Run, hasLapsed: Bool) {
    var hasLapsed = false
    let (run, problem) = try write { transaction -> (Run, RemediationError?) in
      var run = try remediation.found(id, transaction)
      guard run.state == .approved else {
        throw RemediationError(
          .conflict, "\(id) is \(run.state.rawValue)\(run.detail.isEmpty ? "" : " (\(run.detail))"), not approved.")
      }
      if let freeze = try transaction.freeze() {
        try remediation.journal.record(.frozen, on: &run, actor: Self.actor, transaction)
        return (
          run, RemediationError(.frozen, "all effects are stopped since \(freeze.by) froze them: \(freeze.reason)")
        )
      }
      if let why = remediation.lateness(of: run) {
        try remediation.journal.record(.deadlinePassed, on: &run, actor: Self.actor, detail: why, transaction)
        return (run, nil)
      }
      guard try remediation.quorum(of: run, transaction) == .satisfied else {
        hasLapsed = true
        return (run, nil)
      }
      if let reason = try remediation.obstacle(to: run, transaction) {
        if run.detail != reason {
          run.detail = reason
          try transaction.update(run)
        }
        return (run, nil)
      }
      try remediation.journal.record(
        .claimed, on: &run, actor: Self.actor, body: [.init("epoch", .integer(epoch))], transaction)
      return (run, nil)
    }
    if let problem { throw problem }
    return (run, hasLapsed)
  }

  /// Plans once more with the first database held, and compares digests.
  ///
  /// - Returns: the lock on the database of the first group, if that is one, when the digest is the approved one.
  private func check(_ run: Run) throws -> (Run, Plan?, (any SQLLock)?) {
    let plan: Plan
    do {
      plan = try write { try remediation.plan(of: run, $0) }
    } catch let error as RemediationError {
      return (try supersede(run, error.message), nil, nil)
    } catch let error as PlanError {
      return (try supersede(run, "\(error)"), nil, nil)
    }
    var lock: (any SQLLock)?
    var isKept = false
    defer { if !isKept { lock?.close() } }
    do throws(TargetError) {
      if let group = plan.groups.first, let name = group.target, let database = remediation.targets.databases[name] {
        lock = try database.lock()
      }
    } catch {
      return (try release(run, error), nil, nil)
    }
    let comparison = compare(run, plan, lock)
    let checked = try write { transaction -> Run in
      var run = try remediation.found(run.id, transaction)
      try remediation.settle(comparison, &run, plan, actor: Self.actor, transaction)
      return run
    }
    isKept = checked.state == .applying
    return (checked, plan, isKept ? lock : nil)
  }

  /// A run whose plan can't be read any more can never be carried out.
  func supersede(_ run: Run, _ why: String) throws -> Run {
    try write { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(.superseded, on: &run, actor: Self.actor, detail: why, transaction)
      return run
    }
  }

  private func release(_ run: Run, _ error: TargetError) throws -> Run {
    try write { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(
        .claimReleased, on: &run, actor: Self.actor, detail: error.description, transaction)
      return run
    }
  }

  func compare(_ run: Run, _ plan: Plan, _ lock: (any SQLLock)?) -> PlanComparison {
    var views: [String: any SQLView] = [:]
    if let lock, let name = plan.groups.first?.target { views[name] = lock }
    return run.rollsBack == nil
      ? remediation.compareFix(run, plan, views: views) : remediation.compareTargets(plan, views: views)
  }

  /// Performs what isn't applied yet, in order, each group with a durable intent before and a durable outcome after.
  func apply(_ start: Run, _ plan: Plan, lock: (any SQLLock)?) throws -> Run {
    var run = start
    var lock = lock
    defer { lock?.close() }
    var results = AppliedResults(plan)
    for step in try write({ try $0.steps(of: run.id) }) where step.state == .applied { results.add(step, plan) }
    for group in plan.groups where !results.groups.contains(group.number) {
      if isEnding() { return run }
      let (next, step) = try intend(run, group)
      run = next
      guard var step else { break }
      let effects = try results.resolved(group)
      let held = lock
      lock = nil
      let outcome: StepPerformer.Outcome
      do {
        outcome = try performer.perform(
          effects, from: group.effects.lowerBound, marker: marker(step, plan), since: step.intention, lock: held)
      } catch let error as TargetError {
        return try postpone(run, error.description)
      }
      if case .pending(let why) = outcome { return try postpone(run, why) }
      run = try record(outcome, &step, run, group)
      guard step.state == .applied else { break }
      results.add(step, plan)
    }
    guard run.state == .applying else { return run }
    return try write { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(.allApplied, on: &run, actor: Self.actor, transaction)
      return run
    }
  }

  /// No intent while all is frozen, nor without space for the outcome.
  private func intend(_ run: Run, _ group: EffectGroup) throws -> (Run, RunStep?) {
    do {
      try remediation.reserve.take()
    } catch {
      return (try halt(run, "there is no space to record an outcome: \(error)"), nil)
    }
    return try write { transaction in
      var run = try remediation.found(run.id, transaction)
      if let freeze = try transaction.freeze() {
        try remediation.journal.record(
          .halted, on: &run, actor: Self.actor, detail: "frozen by \(freeze.by): \(freeze.reason)", transaction)
        return (run, nil)
      }
      let former = try transaction.steps(of: run.id).first { $0.group == group.number }
      let now = remediation.time.reading()
      var step = RunStep(
        run: run.id, group: group.number, attempt: (former?.attempt ?? 0) + 1, epoch: epoch, intendedAt: now.calendar)
      step.intendedSteady = now.steady
      try remediation.journal.record(
        .effectIntended, step: step, effect: group.effects.lowerBound, on: &run, actor: Self.actor,
        body: [
          .init("class", .string(group.effectClass.rawValue)),
          .init("digest", .string(run.digest?.description ?? "")),
          .init("last_effect", .integer(Int64(group.effects.upperBound))),
        ], transaction)
      try remediation.followIntent(of: run, transaction)
      return (run, step)
    }
  }

  /// Its intent stays open until the target can be asked what became of it.
  func postpone(_ run: Run, _ why: String) throws -> Run {
    try write { transaction in
      var run = try remediation.found(run.id, transaction)
      if run.detail != why {
        run.detail = why
        try transaction.update(run)
      }
      return run
    }
  }

  private func halt(_ run: Run, _ why: String) throws -> Run {
    try write { transaction in
      var run = try remediation.found(run.id, transaction)
      try remediation.journal.record(.halted, on: &run, actor: Self.actor, detail: why, transaction)
      return run
    }
  }

  /// Whatever became of it, on record; `step` says it afterwards.
  func record(
    _ outcome: StepPerformer.Outcome, _ step: inout RunStep, _ run: Run, _ group: EffectGroup
  ) throws -> Run {
    var event = RunEvent.effectApplied
    switch outcome {
    case .applied(let detail, let results):
      step.state = .applied
      step.detail = detail
      step.results = results
    case .notApplied(let detail, let drifted):
      step.state = drifted ? .drifted : .notApplied
      step.detail = detail
      event = drifted ? .driftFound : .effectFailed
    case .unclear(let detail), .pending(let detail):
      step.detail = detail
      event = .outcomeUnclear
    }
    if step.state != .intended { step.endedAt = remediation.time.now() }
    let recorded = step
    return try writeOutcome { transaction in
      var run = try remediation.found(run.id, transaction)
      let digest = RunJournal.digest(of: recorded.results)
      try remediation.journal.record(
        event, step: recorded, effect: group.effects.lowerBound, on: &run, actor: Self.actor,
        body: [
          .init("outcome", .string(recorded.state == .intended ? "unclear" : recorded.state.rawValue)),
          .init("results", .string(digest)),
        ], transaction)
      if event == .outcomeUnclear { try remediation.followUnclear(run, transaction) }
      return run
    }
  }

  /// What follows when no further effect will be performed: verification, or the question what to do with half a run.
  func finish(_ run: Run) throws -> Run {
    switch run.state {
    case .verifying: return try verify(run)
    case .stopped: return try settleStopped(run)
    default: return run
    }
  }

  private func verify(_ run: Run) throws -> Run {
    let verification = remediation.verify(run)
    return try write { transaction in
      var run = try remediation.found(run.id, transaction)
      if let execution = verification.execution {
        try transaction.append(execution.entry(.verify, run: run, journal: remediation.journal))
      }
      try remediation.journal.record(
        verification.isGood ? .verifiedGood : .verifiedBad, on: &run, actor: Self.actor, detail: verification.detail,
        transaction)
      try remediation.followEnd(of: run, isDrift: false, transaction)
      return run
    }
  }

  /// What a policy undoes is decided in the transaction that says so, so that no end of the process comes in between.
  private func settleStopped(_ run: Run) throws -> Run {
    let (settled, undoing) = try write { transaction -> (Run, Run?) in
      var run = try remediation.found(run.id, transaction)
      let steps = try transaction.steps(of: run.id)
      let hasApplied = steps.contains { $0.state == .applied }
      let isDrift = steps.contains { $0.state == .drifted }
      try remediation.journal.record(
        hasApplied ? .partApplied : .nothingApplied, on: &run, actor: Self.actor, transaction)
      try remediation.followEnd(of: run, isDrift: isDrift, transaction)
      let policy = remediation.policy(of: run)
      guard hasApplied, run.rollsBack == nil, policy.rollsBackByItself else { return (run, nil) }
      do {
        return (
          run,
          try remediation.requestRollback(of: run.id, by: "policy:\(policy.name)", decidedByPolicy: true, transaction)
        )
      } catch let error as RemediationError {
        run.detail += "; it is not undone: \(error.message)"
      } catch let error as PlanError {
        run.detail += "; it is not undone: \(error)"
      }
      try transaction.update(run)
      return (run, nil)
    }
    guard let undoing else { return settled }
    _ = try execute(undoing.id)
    return try remediation.store.readRuns { try remediation.found(settled.id, $0) }
  }
}
