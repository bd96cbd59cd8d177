import StellaModel

/// Decisions of people. Each is on record before it returns, and is one code path with those of the command line and the server.
/// Who the person is, is for the host to find out: the engine takes the name that it is given.
extension StellaEngine {
  /// One run.
  ///
  /// - Throws: ``StellaError`` `engine.not_found`, `engine.store`.
  public func run(_ id: String) async throws -> EngineRun { try await decide { try $0.run(id) } }

  /// Runs in the order in which they were proposed.
  ///
  /// - Parameters:
  ///   - states: only such; empty: all.
  ///   - fix: only those of this fix; nil for all.
  ///   - limit: the newest of them, at most.
  public func runs(
    in states: [EngineRun.State] = [], fix: String? = nil, limit: Int = 100
  ) async throws -> [EngineRun] {
    var query = RunQuery()
    query.fix = fix
    query.states = states.compactMap { RunState(rawValue: $0.rawValue) }
    query.limit = limit
    if !states.isEmpty && query.states.isEmpty { return [] }
    return try await ask { [query] desk in try desk.runs(query).map { EngineRun($0) } }
  }

  /// The plan of a run as JSON, with every effect and row, for people to read before they decide. Nil while there is none, or when
  /// it was erased.
  public func plan(of id: String) async throws -> String? { try await ask { try $0.planJSON(id) } }

  /// A person's yes to exactly the plan with this digest. When enough people said so the engine carries it out, unless planning
  /// again gives another plan by then.
  ///
  /// - Parameters:
  ///   - digest: what the person has read, 12 digits or more of ``EngineRun/digest``.
  ///   - reason: why, for the record.
  ///   - name: an ``Approver``'s.
  /// - Throws: ``StellaError`` `engine.conflict`, `engine.not_permitted`, `engine.usage`, `engine.not_found`; nothing is recorded
  ///   then.
  @discardableResult
  public func approve(_ id: String, digest: String, reason: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.vote(.approve, on: id, digest: digest, reason: reason, by: name) }
  }

  /// A person's no, which is final. As ``approve(_:digest:reason:by:)``.
  @discardableResult
  public func reject(_ id: String, digest: String, reason: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.vote(.reject, on: id, digest: digest, reason: reason, by: name) }
  }

  /// Takes a run back before anything was applied.
  @discardableResult
  public func withdraw(_ id: String, reason: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.withdraw(id, reason: reason, by: name) }
  }

  /// Plans a waiting run once more. With the same plan its votes stay; with another one another run takes its place and is
  /// returned.
  @discardableResult
  public func replan(_ id: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.replan(id, by: name) }
  }

  /// Asks for a fix without an alert. Who has asked for the same is refused while that run waits for its decision.
  ///
  /// - Parameter parameters: the fix's, by their names.
  @discardableResult
  public func request(
    fix: String, parameters: [String: FieldValue] = [:], by name: String
  ) async throws -> EngineRun {
    let members = parameters.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, $0.value) }
    return try await decide { try $0.request(fix, members, by: name) }
  }

  /// Asks for what a run applied to be taken back: a run of its own, which is decided on like any other.
  @discardableResult
  public func rollBack(_ id: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.rollBack(id, by: name) }
  }

  /// Says what became of an effect whose outcome nobody could tell.
  ///
  /// - Parameter isApplied: the run goes on after it; otherwise it stops there.
  @discardableResult
  public func reconcile(_ id: String, isApplied: Bool, reason: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.reconcile(id, isApplied: isApplied, reason: reason, by: name) }
  }

  /// Closes a run as it stands: what was applied stays.
  @discardableResult
  public func accept(_ id: String, reason: String, by name: String) async throws -> EngineRun {
    try await decide { try $0.accept(id, reason: reason, by: name) }
  }

  /// Stops all effects at their next boundary, durably where the store is durable. Detection goes on.
  public func freeze(reason: String, by name: String) async throws {
    try Self.check(reason)
    try await ask { try $0.setFreeze(true, reason: reason, by: name) }
  }

  /// Lets effects go on.
  public func unfreeze(reason: String, by name: String) async throws {
    try Self.check(reason)
    try await ask { try $0.setFreeze(false, reason: reason, by: name) }
  }

  /// Says that somebody looks after an alert. One that is over is a conflict.
  public func acknowledge(alert id: String, reason: String, by name: String) async throws {
    try Self.check(reason)
    let alert = try await ask { try $0.acknowledge(id, reason: reason, by: name) }
    if let event = EngineAlertEvent(.acknowledged, alert) { alertEventsOut.send(event) }
  }

  /// Says that an alert is over, whatever its rule says. A new alert fires when the rule's condition is met again by what comes from
  /// about a second later on. One that is over already is a conflict.
  public func resolve(alert id: String, reason: String, by name: String) async throws {
    try Self.check(reason)
    remarkedEnds.expect(id)
    do {
      let alert = try await ask { try $0.resolve(id, reason: reason, by: name) }
      remarkedEnds.remarked(id)
      if let event = EngineAlertEvent(.resolved, alert) { alertEventsOut.send(event) }
    } catch {
      // Somebody else has resolved it, and the engine was quicker than the store's answer.
      if let end = remarkedEnds.forget(id), end.mute?.isShown ?? true { alertEventsOut.send(EngineAlertEvent(end)) }
      throw error
    }
  }

  /// Mutes a rule's alerts for a while: they are kept, and nobody is told. In force within about a second.
  ///
  /// - Parameters:
  ///   - key: names and values that an alert's key must have; empty: every key.
  ///   - duration: up to 30 days.
  /// - Returns: the silence's number, which ends it.
  @discardableResult
  public func silence(
    rule: String, key: [String: String] = [:], for duration: Duration, reason: String, by name: String
  ) async throws -> Int64 {
    try await setSilence(rule: rule, key: key, for: duration, reason: reason, by: name).number
  }

  /// The same; the silence as it was set.
  package func setSilence(
    rule: String, key: [String: String], for duration: Duration, reason: String, by name: String
  ) async throws -> Silence {
    try Self.check(reason)
    guard duration > .zero, duration <= .seconds(30 * 86_400) else {
      throw StellaError(.usage, "a silence lasts longer than nothing and up to 30 days.")
    }
    let now = WallTime.now()
    var silence = Silence(
      rule: rule, key: key.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, .string($0.value)) },
      until: now + duration.nanoseconds,
      set: StoredAlert.Remark(by: "user:\(name)", time: now, reason: reason))
    silence.number = try await ask { [silence] in try $0.silence(silence) }
    return silence
  }

  /// Silences that are in force, in the order of their numbers.
  public func silences() async throws -> [EngineSilence] {
    try await ask { try $0.silences().map { EngineSilence($0) } }
  }

  /// Ends a silence.
  ///
  /// - Parameter name: who wants that, for the record; nil for the host itself.
  /// - Throws: ``StellaError`` `engine.not_found` when none of that number is in force.
  public func endSilence(_ number: Int64, by name: String? = nil) async throws {
    let actor = name.map { "user:\($0)" } ?? "engine"
    guard try await ask({ try $0.endSilence(number, by: actor) }) else {
      throw StellaError(.notFound, "no silence \(number) is in force.")
    }
  }

  private static func check(_ reason: String) throws(StellaError) {
    guard reason.allSatisfy(\.isWhitespace) else { return }
    throw StellaError(.usage, "the reason is empty. Say why: everybody who asks sees it.")
  }

  private func decide(_ body: @escaping @Sendable (any EngineDesk) throws -> Run) async throws -> EngineRun {
    try await ask { EngineRun(try body($0)) }
  }

  /// On a thread of its own: the store may wait for a disk, and scripts want a deep stack.
  func ask<Value: Sendable>(
    _ body: @escaping @Sendable (any EngineDesk) throws -> Value
  ) async throws -> Value {
    guard health.phase != .ended else { throw StellaError(.ended, "the engine has ended.") }
    let desk = desk
    do {
      return try await EngineThread.value { try body(desk) }
    } catch {
      throw StellaError(error)
    }
  }
}
