import StellaModel

extension FixPlanWriter {
  /// The rows in ascending order of their keys' canonical forms. O(n log n) comparisons of keys.
  static func inKeyOrder(_ rows: [RowChange]) -> [RowChange] {
    let keyed = rows.map { row in
      (key: form { $0.values(row.key) }, row: row)
    }
    return keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.row)
  }

  /// The canonical form of a part of a checked plan.
  static func form(_ write: (inout FixPlanWriter) -> Void) -> [UInt8] {
    var writer = FixPlanWriter(byteLimit: Plan.byteLimit)
    write(&writer)
    return writer.bytes
  }

  mutating func plan(_ content: PlanContent) {
    raw(FixPlanTag.magic)
    purpose(content.purpose)
    text(content.fixID)
    digest(content.fixDigest)
    list(content.modules) { writer, module in
      writer.text(module.name)
      writer.digest(module.digest)
    }
    number(content.apiLevel)
    values(content.parameters)
    list(content.targets) { $0.target($1) }
    bounds(content.bounds)
    list(content.effects) { $0.prepared($1) }
  }

  mutating func target(_ target: TargetIdentity) {
    text(target.name)
    text(target.kind)
    option(target.physicalID) { $0.text($1) }
  }

  mutating func bounds(_ bounds: PlanBounds) {
    number(bounds.rows)
    number(bounds.targets)
    option(bounds.sharePercent) { $0.number($1) }
  }

  mutating func purpose(_ purpose: PlanPurpose) {
    switch purpose {
    case .fix: tag(FixPlanTag.Purpose.fix)
    case .rollback(let origin):
      tag(FixPlanTag.Purpose.rollback)
      digest(origin.plan.content)
      list(origin.effects) { $0.number($1) }
      list(origin.irreversible) { writer, one in
        writer.number(one.effect)
        writer.text(one.reason)
      }
    }
  }

  mutating func prepared(_ prepared: PreparedEffect) {
    effect(prepared.effect)
    tag(FixPlanTag.Class(prepared.effectClass))
    tag(FixPlanTag.Precondition(prepared.precondition))
    if case .rows(let count) = prepared.precondition { number(count) }
    number(prepared.rowLimit)
    list(prepared.rows) { $0.row($1) }
    undo(prepared.undo)
  }

  mutating func undo(_ undo: Undo) {
    switch undo {
    case .restore: tag(FixPlanTag.Undo.restore)
    case .effect(let effect):
      tag(FixPlanTag.Undo.effect)
      self.effect(effect)
    case .irreversible(let reason):
      tag(FixPlanTag.Undo.irreversible)
      text(reason)
    }
  }

  mutating func row(_ row: RowChange) {
    values(row.key)
    option(row.before) { $0.values($1) }
    option(row.after) { $0.values($1) }
  }

  mutating func effect(_ effect: Effect) {
    switch effect {
    case .sqlUpdate(let update):
      tag(FixPlanTag.Effect.sqlUpdate)
      text(update.target)
      text(update.table)
      values(update.selector)
      values(update.set)
    case .sqlInsert(let insert):
      tag(FixPlanTag.Effect.sqlInsert)
      text(insert.target)
      text(insert.table)
      list(insert.rows) { $0.values($1) }
      list(insert.returning) { $0.text($1) }
    case .sqlDelete(let delete):
      tag(FixPlanTag.Effect.sqlDelete)
      text(delete.target)
      text(delete.table)
      values(delete.selector)
    case .sqlRestore(let restore):
      tag(FixPlanTag.Effect.sqlRestore)
      text(restore.target)
      text(restore.table)
    case .httpRequest(let request):
      tag(FixPlanTag.Effect.httpRequest)
      text(request.target)
      text(request.method)
      text(request.url)
      values(request.headers)
      option(request.body) { $0.value($1) }
      option(request.idempotencyHeader) { $0.text($1) }
      list(request.expectedStatuses) { $0.number($1) }
      option(request.observation) { $0.observation($1) }
    case .exec(let exec):
      tag(exec.host == nil ? FixPlanTag.Effect.exec : .hostCall)
      text(exec.target)
      list(exec.argv) { $0.value($1) }
      values(exec.environment)
      list(exec.expectedCodes) { $0.number($1) }
      option(exec.observation) { $0.observation($1) }
      if let host = exec.host {
        number(host.isKeyed ? 1 : 0)
        text(host.preview)
      }
    case .eventEmit(let event):
      tag(FixPlanTag.Effect.eventEmit)
      value(event.message)
      tag(FixPlanTag.Level(event.level))
      option(event.service) { $0.text($1) }
      values(event.fields)
    }
  }

  private mutating func observation(_ observation: Observation) {
    switch observation.probe {
    case .get(let url):
      tag(FixPlanTag.Probe.get)
      text(url)
    case .run(let argv):
      tag(FixPlanTag.Probe.run)
      list(argv) { $0.text($1) }
    }
    list(observation.applied) { $0.number($1) }
    list(observation.notApplied) { $0.number($1) }
  }
}
