import StellaModel

extension FixPlanReader {
  /// A whole plan, and nothing after it. The order of rows, modules and targets and the sense of it all are the caller's
  /// to check.
  mutating func plan() throws(FixPlanError) -> PlanContent {
    guard bytesBeginWithMagic() else { throw failure("it doesn't begin with fixplan/v1", at: 0) }
    _ = try raw(FixPlanTag.magic.count)
    let content = PlanContent(
      purpose: try purpose(),
      fixID: try text(),
      fixDigest: try digest(),
      modules: try list(minimum: 36) { (reader) throws(FixPlanError) in
        ModuleDigest(name: try reader.text(), digest: try reader.digest())
      },
      apiLevel: try number(),
      parameters: try values(),
      targets: try list(minimum: 9) { (reader) throws(FixPlanError) in
        TargetIdentity(
          name: try reader.text(), kind: try reader.text(),
          physicalID: try reader.option { (reader) throws(FixPlanError) in try reader.text() })
      },
      bounds: PlanBounds(
        rows: try number(), targets: try number(),
        sharePercent: try option { (reader) throws(FixPlanError) in try reader.number() }),
      effects: try list(minimum: 16) { (reader) throws(FixPlanError) in try reader.prepared() })
    guard isAtEnd else { throw failure("there are bytes after the end") }
    return content
  }

  private func bytesBeginWithMagic() -> Bool {
    var copy = self
    return (try? copy.raw(FixPlanTag.magic.count))?.elementsEqual(FixPlanTag.magic) ?? false
  }

  private mutating func numbers() throws(FixPlanError) -> [Int] {
    try list(minimum: 4) { (reader) throws(FixPlanError) in try reader.number() }
  }

  private mutating func texts() throws(FixPlanError) -> [String] {
    try list(minimum: 4) { (reader) throws(FixPlanError) in try reader.text() }
  }

  private mutating func purpose() throws(FixPlanError) -> PlanPurpose {
    switch try tag(FixPlanTag.Purpose.self) {
    case .fix: return .fix
    case .rollback:
      return .rollback(
        RollbackOrigin(
          plan: PlanDigest(try digest()), effects: try numbers(),
          irreversible: try list(minimum: 8) { (reader) throws(FixPlanError) in
            RollbackOrigin.Irreversible(effect: try reader.number(), reason: try reader.text())
          }))
    }
  }

  mutating func prepared() throws(FixPlanError) -> PreparedEffect {
    PreparedEffect(
      try effect(),
      class: try tag(FixPlanTag.Class.self).effectClass,
      precondition: try precondition(),
      rowLimit: try number(),
      rows: try list(minimum: 6) { (reader) throws(FixPlanError) in
        RowChange(
          key: try reader.values(),
          before: try reader.option { (reader) throws(FixPlanError) in try reader.values() },
          after: try reader.option { (reader) throws(FixPlanError) in try reader.values() })
      },
      undo: try undo())
  }

  private mutating func precondition() throws(FixPlanError) -> Precondition {
    switch try tag(FixPlanTag.Precondition.self) {
    case .none: .none
    case .rows: .rows(exactly: try number())
    case .observedNotApplied: .observedNotApplied
    }
  }

  private mutating func undo() throws(FixPlanError) -> Undo {
    switch try tag(FixPlanTag.Undo.self) {
    case .restore: .restore
    case .effect: .effect(try effect())
    case .irreversible: .irreversible(reason: try text())
    }
  }

  mutating func effect() throws(FixPlanError) -> Effect {
    switch try tag(FixPlanTag.Effect.self) {
    case .sqlUpdate:
      .sqlUpdate(
        Effect.SQLUpdate(target: try text(), table: try text(), selector: try values(), set: try values()))
    case .sqlInsert:
      .sqlInsert(
        Effect.SQLInsert(
          target: try text(), table: try text(),
          rows: try list(minimum: 4) { (reader) throws(FixPlanError) in try reader.values() },
          returning: try texts()))
    case .sqlDelete:
      .sqlDelete(Effect.SQLDelete(target: try text(), table: try text(), selector: try values()))
    case .sqlRestore: .sqlRestore(Effect.SQLRestore(target: try text(), table: try text()))
    case .httpRequest:
      .httpRequest(
        Effect.HTTPRequest(
          target: try text(), method: try text(), url: try text(), headers: try values(),
          body: try option { (reader) throws(FixPlanError) in try reader.value(depth: 1) },
          idempotencyHeader: try option { (reader) throws(FixPlanError) in try reader.text() },
          expectedStatuses: try numbers(),
          observation: try option { (reader) throws(FixPlanError) in try reader.observation() }))
    case .exec: .exec(try exec())
    case .hostCall: .exec(try hostCall())
    case .eventEmit:
      .eventEmit(
        Effect.EventEmit(
          message: try value(depth: 1), level: try tag(FixPlanTag.Level.self).level,
          service: try option { (reader) throws(FixPlanError) in try reader.text() }, fields: try values()))
    }
  }

  private mutating func exec() throws(FixPlanError) -> Effect.Exec {
    Effect.Exec(
      target: try text(), argv: try list(minimum: 1) { (reader) throws(FixPlanError) in try reader.value(depth: 1) },
      environment: try values(), expectedCodes: try numbers(),
      observation: try option { (reader) throws(FixPlanError) in try reader.observation() })
  }

  private mutating func hostCall() throws(FixPlanError) -> Effect.Exec {
    var exec = try exec()
    let isKeyed = try number()
    // Two forms of one plan would have two digests.
    guard isKeyed <= 1 else { throw failure("a host's word about its key is neither 0 nor 1") }
    exec.host = Effect.Exec.Host(isKeyed: isKeyed == 1, preview: try text())
    return exec
  }

  private mutating func observation() throws(FixPlanError) -> Observation {
    let probe: Observation.Probe =
      switch try tag(FixPlanTag.Probe.self) {
      case .get: .get(url: try text())
      case .run: .run(argv: try texts())
      }
    return Observation(probe, applied: try numbers(), notApplied: try numbers())
  }
}
