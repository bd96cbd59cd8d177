import StellaModel

/// The only way in which a run changes: by an event, with its record, in the transaction of its caller.
package struct RunJournal: Sendable {
  package let time: any TimeSource
  /// 32 unpredictable bytes for each payload.
  package let salt: @Sendable () -> [UInt8]

  package init(time: any TimeSource, salt: @escaping @Sendable () -> [UInt8]) {
    self.time = time
    self.salt = salt
  }

  /// Puts a new run on record, as proposed.
  package func propose(_ run: Run, _ transaction: some RunTransaction) throws {
    try transaction.insert(run)
    var body: [FieldValue.Member] = [
      .init("fix", .string(run.fix)), .init("policy", .string(run.policy)), .init("rule", .string(run.rule)),
      .init("alert", .string(run.alert)), .init("supersessions", .integer(Int64(run.supersessions))),
    ]
    if let former = run.supersedes { body.append(.init("supersedes", .string(former))) }
    if let undone = run.rollsBack { body.append(.init("rolls_back", .string(undone))) }
    try transaction.append(
      LogEntry(
        .runProposed, time: time.now(), run: run.id, actor: run.requestedBy, body: body,
        payload: payload(StoredValues.bytes(run.parameters))))
  }

  /// Moves `run` to the state after `event`, writes it, and appends the record.
  ///
  /// - Parameters:
  ///   - detail: Why; kept with the run and, masked by being beside the log, as the record's payload.
  ///   - body: names, numbers and digests only.
  /// - Throws: ``RemediationError`` `conflict` when the event can't happen to the run now; ``StoreError``, ``LogError``.
  package func record(
    _ event: RunEvent, on run: inout Run, actor: String, detail: String? = nil, body: [FieldValue.Member] = [],
    _ transaction: some RunTransaction
  ) throws {
    let body = try advance(&run, event, detail: detail, body: body)
    try transaction.update(run)
    let kind = LogKind(event)
    try transaction.append(
      LogEntry(
        // A record about a step says which; without one the event is told of the run as a whole.
        kind.isStep ? .runChanged : kind, time: time.now(), run: run.id, actor: actor, body: body,
        payload: detail.map { payload(Array($0.utf8)) }))
  }

  /// The same for an event about one group of effects, with what becomes of the step.
  package func record(
    _ event: RunEvent, step: RunStep, effect: Int, on run: inout Run, actor: String, body: [FieldValue.Member] = [],
    _ transaction: some RunTransaction
  ) throws {
    let body = try advance(&run, event, detail: step.detail.isEmpty ? nil : step.detail, body: body)
    try transaction.update(run)
    try transaction.put(step)
    try transaction.append(
      LogEntry(
        // A step that found its target changed has had its outcome: nothing was done.
        event == .driftFound ? .effectOutcome : LogKind(event), effect: effect, undo: run.rollsBack != nil,
        time: time.now(), run: run.id, actor: actor,
        body: body, payload: step.detail.isEmpty ? nil : payload(Array(step.detail.utf8))))
  }

  private func advance(
    _ run: inout Run, _ event: RunEvent, detail: String?, body: [FieldValue.Member]
  ) throws -> [FieldValue.Member] {
    guard let next = RunState.next(run.state, event) else {
      throw RemediationError(
        .conflict, "\(run.id) is \(run.state.rawValue), in which \(event.rawValue) can't happen. Look at it again.")
    }
    let former = run.state
    run.state = next
    if let detail { run.detail = detail }
    if next.isTerminal || next == .succeeded || next == .ineffective { run.endedAt = run.endedAt ?? time.now() }
    return [
      .init("event", .string(event.rawValue)), .init("from", .string(former.rawValue)),
      .init("to", .string(next.rawValue)),
    ] + body
  }

  /// What may be erased of a record.
  package func payload(_ bytes: [UInt8]) -> LogPayload { LogPayload(salt: salt(), bytes: bytes) }
}
