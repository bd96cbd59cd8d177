import Crypto
import StellaModel
import StellaScripting

extension Remediation {
  /// How often a plan may be replaced by another before a person has to look: a target that changes faster than people decide
  /// would otherwise be planned for ever.
  package static var supersessionLimit: Int { 3 }

  /// An id that no run has: 32 bits of a digest, so that the same proposal gets the same one again after a crash.
  func newID(alert: String, fix: String, salt: String, _ transaction: some RunTransaction) throws -> String {
    var attempt = 0
    while true {
      let text = [log, alert, fix, salt, String(attempt)].joined(separator: "\u{0}")
      let digest = SHA256.hash(data: Array(text.utf8))
      let id = "r-" + HexText.text(Array(digest.prefix(4)))
      if try transaction.run(id) == nil { return id }
      attempt += 1
    }
  }

  /// Plans a run that is `planning`, and puts on record what came of it. Runs scripts.
  ///
  /// - Parameter onFailure: hears, when there can be no plan, whether another try may help.
  /// - Returns: the run as it is then: `awaiting`, `approved` when a policy decides, or why there is no plan. When another
  ///   process has planned it meanwhile, what that one came to.
  func plan(
    _ run: Run, as writer: LogWriter, actor: String, onFailure: (_ canRetry: Bool) -> Void = { _ in }
  ) throws -> Run {
    guard let fix = fixes.fix(run.fix) else {
      return try close(run, .planFailed, "the fix \(run.fix) is no longer loaded", as: writer, actor: actor)
    }
    let policy = policy(of: fix.manifest)
    let planning: FixPlanner.Planning
    do throws(FixError) {
      let parameters = try FixPlanner.parameters(run.parameters, of: fix)
      planning = planner.plan(fix, parameters, bounds: bounds(policy))
    } catch {
      return try close(run, .planFailed, error.description, as: writer, actor: actor)
    }
    if case .failed(_, let canRetry) = planning.outcome { onFailure(canRetry) }
    let execution = ScriptExecution(
      script: ContentDigest(of: fix.source.text), inputs: run.parameters, queries: planning.queries,
      steps: planning.steps,
      peakMemoryBytes: planning.peakMemoryBytes, outcome: planning.outcome.name)
    return try store.write(as: writer) { transaction in
      var run = try found(run.id, transaction)
      try transaction.append(execution.entry(.plan, run: run, journal: journal))
      guard run.state == .planning else { return run }
      switch planning.outcome {
      case .plan(let plan, let notes, let isSafe):
        if case .refused(let why) = policy.admits(BlastRadius(plan, shares: planning.shares)) {
          try journal.record(.planRefused, on: &run, actor: actor, detail: why, transaction)
          return run
        }
        run.isSafe = isSafe
        try record(plan, of: &run, notes: notes, policy: policy, actor: actor, transaction)
        try decideByPolicy(&run, policy, transaction)
      case .nothing(let notes):
        try journal.record(
          .planEmpty, on: &run, actor: actor, detail: notes.isEmpty ? "there is nothing to change" : notes[0],
          transaction)
      case .failed(let why, _): try journal.record(.planFailed, on: &run, actor: actor, detail: why, transaction)
      case .refused(let why): try journal.record(.planRefused, on: &run, actor: actor, detail: why, transaction)
      }
      return run
    }
  }

  private func close(
    _ run: Run, _ event: RunEvent, _ why: String, as writer: LogWriter, actor: String
  ) throws -> Run {
    try store.write(as: writer) { transaction in
      var run = try found(run.id, transaction)
      guard run.state == .planning else { return run }
      try journal.record(event, on: &run, actor: actor, detail: why, transaction)
      return run
    }
  }

  /// The plan of a run that is `planning`, which then awaits its decision.
  func record(
    _ plan: Plan, of run: inout Run, notes: [String], policy: Policy, actor: String, _ transaction: Store.Transaction
  ) throws {
    let reading = time.reading()
    let now = reading.calendar
    run.digest = plan.digest
    run.policy = policy.name
    run.targets = plan.content.targets.map(\.name)
    run.effectCount = plan.content.effects.count
    run.rowCount = plan.rowCount
    run.plannedAt = now
    run.checkedAt = now
    run.decideBy = policy.decideBy(plannedAt: now)
    run.waitsSince = reading
    try transaction.setPlan(plan.canonical, of: run.id)
    try transaction.setNotes(notes, of: run.id)
    try journal.record(
      .planRecorded, on: &run, actor: actor,
      body: [
        .init("digest", .string(plan.digest.description)), .init("effects", .integer(Int64(run.effectCount))),
        .init("rows", .integer(Int64(run.rowCount))), .init("targets", .array(run.targets.map { .string($0) })),
        .init("safe", .bool(run.isSafe)), .init("policy", .string(policy.name)),
      ], transaction)
  }

  /// Approves a plan of safe effects where the policy lets those run at once; others stay as they are, and so does every run
  /// that a program had a part in.
  func decideByPolicy(_ run: inout Run, _ policy: Policy, _ transaction: Store.Transaction) throws {
    guard facts(of: run).isForPolicy, policy.runsSafeAtOnce, let digest = run.digest else { return }
    try transaction.insert(
      RunVote(
        run: run.id, voter: Policy.safeDecider, decision: .approve, digest: digest,
        reason: "only effects that their targets list as safe", time: time.now()))
    try approve(&run, policy, actor: Policy.safeDecider, transaction)
  }

  func approve(_ run: inout Run, _ policy: Policy, actor: String, _ transaction: Store.Transaction) throws {
    begin(executing: &run, policy)
    try journal.record(
      .approved, on: &run, actor: actor, detail: "",
      body: [.init("digest", .string(run.digest?.description ?? ""))], transaction)
  }

  /// The clock of an approval begins.
  func begin(executing run: inout Run, _ policy: Policy) {
    let reading = time.reading()
    run.executeBy = policy.executeBy(approvedAt: reading.calendar)
    run.waitsSince = reading
  }

  /// Closes `run` and puts one with the new plan in its place; the votes stay with the old one. After too many, none is put.
  ///
  /// - Parameter because: why, where it isn't that the plan is another one now.
  @discardableResult
  func supersede(
    _ run: inout Run, by plan: Plan, notes: [String], isSafe: Bool, because: String? = nil, actor: String,
    _ transaction: Store.Transaction
  ) throws -> Run? {
    guard run.supersessions < Self.supersessionLimit else {
      let why = because ?? "its target changed"
      try journal.record(
        .superseded, on: &run, actor: actor,
        detail: "\(why); it was replaced \(run.supersessions) times before it could run; look at it, and ask again",
        transaction)
      return nil
    }
    var next = Run(
      id: try newID(alert: run.alert, fix: run.fix, salt: "after \(run.id)", transaction), fix: run.fix,
      fixTitle: run.fixTitle, fixFile: run.fixFile, subject: run.subject, parameters: run.parameters,
      requestedBy: run.requestedBy, policy: run.policy, proposedAt: time.now())
    next.alert = run.alert
    next.rule = run.rule
    next.alertKey = run.alertKey
    next.reason = run.reason
    next.editors = run.editors
    // A program that asks for another plan: as with a run of its own, a person decides.
    if Caller.isToken(actor), !next.editors.contains(actor) { next.editors.append(actor) }
    next.rollsBack = run.rollsBack
    next.supersedes = run.id
    next.supersessions = run.supersessions + 1
    next.isSafe = isSafe
    run.supersededBy = next.id
    try journal.record(
      .superseded, on: &run, actor: actor,
      detail: because.map { "\($0); \(next.id) asks anew" } ?? "planning again gave another plan: \(next.id)",
      body: [
        .init("by", .string(next.id)), .init("digest", .string(plan.digest.description)),
      ], transaction)
    try journal.propose(next, transaction)
    try journal.record(.planningStarted, on: &next, actor: actor, transaction)
    let policy = policy(of: next)
    try record(plan, of: &next, notes: notes, policy: policy, actor: actor, transaction)
    try decideByPolicy(&next, policy, transaction)
    return next
  }

  /// Why an approved run may not begin any more; nil when it is in time.
  func lateness(of run: Run) -> String? {
    run.isLate(at: time.reading()) ? "the time to execute was over" : nil
  }

  /// Why an approved run may not begin now; nil when it may.
  func obstacle(to run: Run, _ transaction: Store.Transaction) throws -> String? {
    let policy = policy(of: run)
    let quorum = try quorum(of: run, transaction)
    switch EffectGate(
      policy: policy, quorum: quorum, freeze: nil, executeBy: run.executeBy, now: time.now(),
      isRollback: run.rollsBack != nil)
    {
    case .open, .frozen, .late: break
    case .outsideWindow(let opens):
      return "no maintenance window is open" + (opens.map { "; the next opens at \(Timestamp.text($0))" } ?? "")
    case .notApproved: return "the approval no longer holds: somebody's role or the policy has changed"
    }
    guard run.rollsBack == nil else { return nil }
    if let reason = try anchorHold?.reason(transaction, now: time.now()) { return reason }
    return try failures(on: run.targets, policy, transaction).lazy.compactMap { $0.sentence(policy) }.first
  }

  func quorum(of run: Run, _ transaction: Store.Transaction) throws -> Quorum.State {
    // Who asked for a rollback by policy has decided it, as far as the policy still says so.
    if isByPolicy(rollback: run) { return .satisfied }
    if let person = run.glassBrokenBy, policy(of: run).breakGlass != nil, people[person]?.isDisabled == false {
      return .satisfied
    }
    return try fullQuorum(of: run, transaction).state
  }

  package func fullQuorum(of run: Run, _ transaction: Store.Transaction) throws -> Quorum {
    Quorum(
      policy: policy(of: run), people: people, votes: try transaction.votes(on: run.id), facts: facts(of: run))
  }

  func facts(of run: Run) -> VotingFacts {
    let author = fixes.fix(run.fix)?.manifest.author
    return VotingFacts(run, authors: author.map { [$0] } ?? [], isSafe: run.isSafe)
  }
}

extension FixPlanner.Outcome {
  /// For the record.
  var name: String {
    switch self {
    case .plan(let plan, _, _): plan.digest.description
    case .nothing: "nothing"
    case .failed: "failed"
    case .refused: "refused"
    }
  }
}
