import StellaModel
import StellaScripting

/// A fix that could help with an alert, as people see it.
package struct Suggestion: Sendable {
  package let candidate: FixCandidate
  /// Of all runs of the fix: how many it repaired, and how many ended otherwise after something was applied.
  package let succeeded: Int
  package let unsuccessful: Int
  /// How many were taken back, or were to be, whether they had helped or not.
  package let takenBack: Int
}

extension Remediation {
  /// Runs of one fix that wait at most, and records that it was held back within the policy's window for attempts: beyond them
  /// nobody could look at each, and a storm of alerts would fill the store.
  package static var waitingLimit: Int { 1000 }
  package static var suppressionLimit: Int { 100 }
  /// Of the runs that wait, those that programs asked for: alerts and people have to find room beside them.
  package static var tokenWaitingLimit: Int { waitingLimit / 2 }
  /// Nanoseconds after which a run that is still being planned stands in nobody's way.
  static var planningTime: Int64 { 600_000_000_000 }

  private static var manyWait: String {
    "\(waitingLimit) runs of this fix wait already; decide on them, or withdraw them"
  }

  /// What could help with an alert, best first: by the reason, then by how often it helped. Runs each `when`.
  package func suggestions(for alert: Alert) throws -> [Suggestion] {
    let candidates = fixes.candidates(for: alert)
    let suggestions = try store.readRuns { transaction in
      try candidates.map { candidate in
        func count(_ states: RunState...) throws -> Int {
          var query = RunQuery()
          query.fix = candidate.fix.manifest.id
          query.states = states
          query.isRollback = false
          return try transaction.runCount(query)
        }
        return Suggestion(
          candidate: candidate, succeeded: try count(.succeeded),
          unsuccessful: try count(.ineffective, .partial, .accepted),
          takenBack: try count(.rolledBack, .rollbackConflict, .rollbackFailed))
      }
    }
    return suggestions.enumerated().sorted { left, right in
      let ranks = (left.element.candidate.reasons[0].rank, right.element.candidate.reasons[0].rank)
      if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
      let helped = (left.element.successShare, right.element.successShare)
      return helped.0 == helped.1 ? left.offset < right.offset : helped.0 > helped.1
    }.map(\.element)
  }

  /// Proposes the best fix for a firing alert that has a plan. Each alert is proposed for once, and one that is muted never.
  ///
  /// - Parameter onNone: hears of each fix that applies and isn't asked for, but for those beyond ``suppressionLimit``.
  /// - Returns: the run whose plan now awaits its decision or is approved by policy; nil when there is none. What didn't come
  ///   to a plan is on record as a run of its own.
  /// - Throws: ``StoreError``, ``LogError``; what was begun is gone on with by the next engine.
  package func propose(
    _ alert: Alert, as writer: LogWriter = .command, onNone: (NotAsked) -> Void = { _ in }
  ) throws -> Run? {
    if alert.mute != nil { return nil }
    if let known = try lastRun(for: alert) {
      onNone(NotAsked(again: known))
      return nil
    }
    for suggestion in try suggestions(for: alert) where suggestion.candidate.applies {
      let proposed: Run
      switch try begin(alert, suggestion.candidate, as: writer) {
      case .run(let run): proposed = run
      case .none(let why):
        if let why { onNone(why) }
        continue
      }
      if let why = NotAsked(proposed) { onNone(why) }
      guard proposed.state == .planning else { return nil }
      let planned = try plan(proposed, as: writer, actor: "engine")
      if planned.state == .awaiting || planned.state == .approved { return planned }
      if let why = NotAsked(planned) { onNone(why) }
    }
    return nil
  }

  /// The fix that would have been asked for with an alert that is over by now; nil when none would, or one was. Runs each
  /// `when`.
  package func missedFix(for alert: Alert) throws -> String? {
    if try lastRun(for: alert) != nil { return nil }
    return try suggestions(for: alert).first { $0.candidate.applies }?.candidate.fix.manifest.id
  }

  private func lastRun(for alert: Alert) throws -> Run? {
    var query = query(alert: alert)
    query.limit = 1
    return try store.readRuns { try $0.runs(query).last }
  }

  /// Plans what was begun to be proposed and never planned, because its process ended or couldn't write. Runs scripts.
  ///
  /// A runner does so in its recovery; this is for a process that only proposes. Without it the run would stay `planning`,
  /// and as one that is under way keep its subject from ever being proposed for again.
  ///
  /// - Returns: the runs, as they are then.
  @discardableResult
  package func resumePlanning() throws -> [Run] {
    var query = RunQuery()
    query.states = [.proposed, .planning]
    return try store.readRuns { try $0.runs(query) }.map { left in
      let run = try store.write(as: .command) { transaction in
        var run = try found(left.id, transaction)
        if run.state == .proposed { try journal.record(.planningStarted, on: &run, actor: "engine", transaction) }
        return run
      }
      return run.state == .planning ? try plan(run, as: .command, actor: "engine") : run
    }
  }

  private func query(alert: Alert) -> RunQuery {
    var query = RunQuery()
    query.alert = alert.id
    return query
  }

  private enum Beginning {
    /// On record, as `planning`, `suppressed` or `planFailed`.
    case run(Run)
    /// Nothing new is on record; why, as far as that is to be told.
    case none(NotAsked?)
  }

  private func begin(_ alert: Alert, _ candidate: FixCandidate, as writer: LogWriter) throws -> Beginning {
    let fix = candidate.fix
    let parameters: NamedValues
    var fault: String?
    do {
      parameters = try FixPlanner.values(FixParameters(of: fix.manifest, from: alert))
    } catch {
      parameters = [:]
      fault = "\(error)"
    }
    let policy = policy(of: fix.manifest)
    let key = FieldValue.object(alert.key).json
    let subject = Run.subject(fix: fix.manifest.id, rule: alert.rule, key: alert.key)
    return try store.write(as: writer) { transaction in
      if try !transaction.runs(query(alert: alert)).filter({ $0.fix == fix.manifest.id }).isEmpty {
        return .none(nil)
      }
      // Read again after a crash, or resolved while its fix was looked for.
      if try transaction.alert(alert.id)?.isResolvedByHand == true { return .none(nil) }
      let pause = max(policy.cooldown, fix.manifest.cooldown ?? 0)
      if let run = try cameToNothing(subject, since: time.now() - pause, transaction) { return .none(NotAsked(run)) }
      let history = try history(of: subject, targets: fix.manifest.targets, policy, transaction)
      var start = policy.start(history, now: time.now(), fixCooldown: fix.manifest.cooldown)
      if start == .go, try transaction.runCount(waitingRuns(of: fix.manifest.id)) >= Self.waitingLimit {
        start = .suppressed(Self.manyWait)
      }
      if case .suppressed(let why) = start {
        if let run = try heldBack(subject, policy, transaction) {
          return .none(NotAsked(fix: fix.manifest.id, why: why, run: run.id))
        }
        if try isHeldBackOften(fix.manifest.id, policy, transaction) { return .none(nil) }
      }
      var run = Run(
        id: try newID(alert: alert.id, fix: fix.manifest.id, salt: "", transaction), fix: fix.manifest.id,
        fixTitle: fix.manifest.title, fixFile: fix.source.file, subject: subject, parameters: parameters,
        requestedBy: "rule:\(alert.rule)", policy: policy.name, proposedAt: time.now())
      run.alert = alert.id
      run.rule = alert.rule
      run.alertKey = key
      run.reason = candidate.reasons.map(\.description).joined(separator: "; ")
      run.targets = fix.manifest.targets
      try transaction.put(StoredAlert(alert, updatedAt: time.now()))
      try journal.propose(run, transaction)
      if fix.manifest.hasWhen {
        try transaction.append(
          ScriptExecution(
            script: ContentDigest(of: fix.source.text), inputs: parameters, queries: [], steps: candidate.when.steps,
            peakMemoryBytes: candidate.when.peakMemoryBytes, outcome: "true"
          ).entry(.when, run: run, journal: journal))
      }
      if case .suppressed(let why) = start {
        try journal.record(.suppressed, on: &run, actor: "policy:\(policy.name)", detail: why, transaction)
        return .run(run)
      }
      try journal.record(.planningStarted, on: &run, actor: "engine", transaction)
      if let fault {
        try journal.record(.planFailed, on: &run, actor: "engine", detail: fault, transaction)
      }
      return .run(run)
    }
  }

  /// A person asks for a fix, with parameters of their own.
  ///
  /// - Parameter onFailure: hears, when there can be no plan, whether another try may help.
  /// - Throws: ``RemediationError`` `not_found` for a fix that isn't loaded, `conflict` for one of which ``waitingLimit`` runs
  ///   wait, or ``tokenWaitingLimit`` where a token asks, and where `actor` has asked for the same and nobody has decided;
  ///   ``FixError`` for parameters; ``StoreError``.
  package func request(
    _ fixID: String, parameters: [FieldValue.Member], by actor: String, onFailure: (_ canRetry: Bool) -> Void = { _ in }
  ) throws -> Run {
    guard let fix = fixes.fix(fixID) else {
      let hint = NearestName.of(fixID, in: fixes.fixes.map(\.manifest.id)).map { " Did you mean \($0)?" } ?? ""
      throw RemediationError(.notFound, "there is no fix \(fixID).\(hint)")
    }
    let values = try FixPlanner.values(FixParameters(of: fix.manifest, given: parameters))
    let policy = policy(of: fix.manifest)
    let run = try store.write(as: .command) { transaction in
      try checkRoom(for: fixID, values, by: actor, transaction)
      var run = Run(
        id: try newID(alert: "", fix: fixID, salt: String(time.now()), transaction), fix: fixID,
        fixTitle: fix.manifest.title, fixFile: fix.source.file,
        subject: "\(fixID) \(FieldValue.object(parameters).json)", parameters: values, requestedBy: actor,
        policy: policy.name, proposedAt: time.now())
      run.reason = "asked for"
      run.targets = fix.manifest.targets
      try journal.propose(run, transaction)
      try journal.record(.planningStarted, on: &run, actor: actor, transaction)
      return run
    }
    return try plan(run, as: .command, actor: actor, onFailure: onFailure)
  }

  /// Whether one may ask for a fix once more.
  private func checkRoom(
    for fix: String, _ parameters: NamedValues, by actor: String, _ transaction: Store.Transaction
  ) throws {
    var query = waitingRuns(of: fix)
    query.states.append(.planning)
    let now = time.reading()
    // What a process left behind that ended as it planned is nothing to wait for.
    let oldest = time.now() - Self.planningTime
    let waiting = try transaction.runs(query).filter { $0.state != .planning || $0.proposedAt > oldest }
    let same = waiting.first { run in
      [.planning, .awaiting].contains(run.state) && !run.isLate(at: now) && run.rollsBack == nil
        && run.requestedBy == actor && run.parameters == parameters
    }
    if let same, same.state == .planning {
      throw RemediationError(
        .conflict, "\(actor) has asked for the same already: \(same.id) is being planned. Look at it in a moment.")
    }
    if let same {
      throw RemediationError(
        .conflict,
        "\(actor) has asked for the same already: \(same.id) waits for its decision. Look at it, or withdraw it and ask "
          + "again.")
    }
    if waiting.count >= Self.waitingLimit { throw RemediationError(.conflict, Self.manyWait) }
    if Caller.isToken(actor), waiting.count(where: { Caller.isToken($0.requestedBy) }) >= Self.tokenWaitingLimit {
      throw RemediationError(
        .conflict,
        "\(Self.tokenWaitingLimit) runs of this fix wait already that tokens asked for; decide on them, or withdraw them"
      )
    }
  }

  private func history(
    of subject: String, targets: [String], _ policy: Policy, _ transaction: Store.Transaction
  ) throws -> RunHistory {
    var query = RunQuery()
    query.subject = subject
    query.limit = 100
    query.since = time.now() - max(policy.attempts.within, policy.cooldown)
    // Of several plans of one attempt the last one counts; what never came to a plan is no attempt.
    let attempts = try transaction.runs(query).filter { run in
      run.supersededBy == nil && ![.suppressed, .planFailed, .refused, .noChange].contains(run.state)
    }
    query.since = nil
    query.states = RunState.allCases.filter { $0.turn != .nobody }
    return RunHistory(
      running: try transaction.runs(query).last?.id, lastAttempt: attempts.last?.proposedAt, attempts: attempts.count,
      failures: try failures(on: targets, policy, transaction))
  }

  /// The last run that the same was planned with lately without a plan: the reason is on record then, and another one would
  /// tell nothing new.
  private func cameToNothing(_ subject: String, since: Int64, _ transaction: Store.Transaction) throws -> Run? {
    var query = RunQuery()
    query.subject = subject
    query.states = [.planFailed, .refused, .noChange]
    query.since = since
    query.limit = 1
    return try transaction.runs(query).last
  }

  /// Runs of a fix that wait for people or for their turn.
  private func waitingRuns(of fix: String) -> RunQuery {
    var query = RunQuery()
    query.fix = fix
    query.states = [.awaiting, .approved, .frozen]
    return query
  }

  /// The record that a subject was held back, which needs no further one.
  private func heldBack(_ subject: String, _ policy: Policy, _ transaction: Store.Transaction) throws -> Run? {
    var query = RunQuery()
    query.subject = subject
    query.states = [.suppressed]
    query.since = time.now() - policy.attempts.within
    query.limit = 1
    return try transaction.runs(query).last
  }

  /// Whether a fix was held back so often that a storm of alerts is what the records tell.
  private func isHeldBackOften(_ fix: String, _ policy: Policy, _ transaction: Store.Transaction) throws -> Bool {
    var query = RunQuery()
    query.fix = fix
    query.states = [.suppressed]
    query.since = time.now() - policy.attempts.within
    return try transaction.runCount(query) >= Self.suppressionLimit
  }
}

extension Suggestion {
  fileprivate var successShare: Double {
    let all = succeeded + unsuccessful + takenBack
    return all == 0 ? 0.5 : Double(succeeded) / Double(all)
  }
}

/// What a fix would do, and how it would be decided; nothing of it is on record.
package struct Preview: Sendable {
  /// What stands in the place of an id: there is no such run.
  package static let runID = "preview"

  package var run: Run
  package var plan: Plan?
  package var notes: [String]
  package var quorum: Quorum
  /// Whether another try may help where there can be no plan.
  package var canRetry = false
}

extension Remediation {
  /// Plans a fix without asking for it. Runs scripts.
  ///
  /// - Throws: ``RemediationError`` `not_found`; ``FixError`` for parameters.
  package func preview(_ fixID: String, parameters: [FieldValue.Member]) throws -> Preview {
    guard let fix = fixes.fix(fixID) else { throw RemediationError(.notFound, "there is no fix \(fixID).") }
    let values = try FixParameters(of: fix.manifest, given: parameters)
    let policy = policy(of: fix.manifest)
    var run = Run(
      id: Preview.runID, fix: fixID, fixTitle: fix.manifest.title, fixFile: fix.source.file, subject: "",
      parameters: try FixPlanner.values(values), requestedBy: "nobody", policy: policy.name, proposedAt: time.now())
    var plan: Plan?
    var notes: [String] = []
    var canRetry = false
    switch planner.plan(fix, values, bounds: bounds(policy)).outcome {
    case .plan(let made, let said, let isSafe):
      plan = made
      notes = said
      run.state = .awaiting
      run.isSafe = isSafe
      run.digest = made.digest
      run.targets = made.content.targets.map(\.name)
      run.effectCount = made.content.effects.count
      run.rowCount = made.rowCount
      run.plannedAt = time.now()
    case .nothing(let said):
      notes = said
      run.state = .noChange
      run.detail = "there is nothing to change"
    case .failed(let why, let mayPass):
      run.state = .planFailed
      run.detail = why
      canRetry = mayPass
    case .refused(let why):
      run.state = .refused
      run.detail = why
    }
    let quorum = Quorum(
      policy: policy, people: people, votes: [], facts: VotingFacts(run, isSafe: run.isSafe))
    return Preview(run: run, plan: plan, notes: notes, quorum: quorum, canRetry: canRetry)
  }
}
