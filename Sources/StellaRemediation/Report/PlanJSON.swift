import StellaModel

/// A plan as JSON, with every row. For reading; what the digest binds is the canonical form.
package enum PlanJSON {
  package static func plan(_ plan: Plan) -> FieldValue {
    let content = plan.content
    var groups: [Int: Int] = [:]
    for group in plan.groups { for effect in group.effects { groups[effect] = group.number } }
    return .object([
      .init("digest", .string(plan.digest.description)), .init("fix_digest", .string(content.fixDigest.description)),
      .init("api", .integer(Int64(content.apiLevel))), .init("parameters", .object(members(content.parameters))),
      .init("targets", .array(content.targets.map(target))),
      .init(
        "bounds",
        .object([
          .init("rows", .integer(Int64(content.bounds.rows))),
          .init("targets", .integer(Int64(content.bounds.targets))),
          .init("share_percent", content.bounds.sharePercent.map { .integer(Int64($0)) } ?? .null),
        ])),
      .init("rows", .integer(Int64(plan.rowCount))),
      .init("irreversible", .array(plan.irreversible.map { .integer(Int64($0.effect)) })),
      .init(
        "effects",
        .array(
          content.effects.enumerated().map { index, prepared in effect(index + 1, groups[index + 1] ?? 0, prepared) })),
    ])
  }

  package static func members(_ values: NamedValues) -> [FieldValue.Member] {
    values.map { .init($0.name, value($0.value)) }
  }

  /// JSON's own values stay what they are; the others are objects with one member that names their kind.
  package static func value(_ value: EffectValue) -> FieldValue {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .double(let number): number.isFinite ? .double(number) : tagged("double", "\(number)")
    case .text(let text): .string(text)
    case .bytes(let bytes): tagged("bytes", HexText.text(bytes))
    case .array(let elements): .array(elements.map(self.value))
    case .object(let members): .object(self.members(members))
    case .result(let reference): tagged("result", reference.name)
    case .secret(let reference): tagged("secret", "\(reference.name)@\(reference.version)")
    }
  }

  private static func tagged(_ kind: String, _ text: String) -> FieldValue { .object([.init(kind, .string(text))]) }

  private static func target(_ target: TargetIdentity) -> FieldValue {
    .object([
      .init("name", .string(target.name)), .init("kind", .string(target.kind)),
      .init("physical_id", target.physicalID.map(FieldValue.string) ?? .null),
    ])
  }

  private static func effect(_ number: Int, _ group: Int, _ prepared: PreparedEffect) -> FieldValue {
    .object(
      [
        .init("number", .integer(Int64(number))), .init("group", .integer(Int64(group))),
        .init("class", .string(prepared.effectClass.rawValue)),
      ] + asked(prepared.effect) + [
        .init("row_limit", .integer(Int64(prepared.rowLimit))), .init("rows", .array(prepared.rows.map(row))),
        .init("undo", undo(prepared.undo)),
      ])
  }

  private static func asked(_ effect: Effect) -> [FieldValue.Member] {
    var members: [FieldValue.Member] = [
      .init("kind", .string(effect.kind.rawValue)), .init("target", effect.target.map(FieldValue.string) ?? .null),
    ]
    if let table = effect.table { members.append(.init("table", .string(table.table))) }
    switch effect {
    case .sqlUpdate(let update):
      members += [
        .init("where", .object(self.members(update.selector))), .init("set", .object(self.members(update.set))),
      ]
    case .sqlDelete(let delete): members.append(.init("where", .object(self.members(delete.selector))))
    case .sqlInsert(let insert): members.append(.init("returning", .array(insert.returning.map(FieldValue.string))))
    case .sqlRestore: break
    case .httpRequest(let request):
      members += [
        .init("method", .string(request.method)), .init("url", .string(request.url)),
        .init("headers", .object(self.members(request.headers))), .init("body", request.body.map(value) ?? .null),
        .init("idempotency_header", request.idempotencyHeader.map(FieldValue.string) ?? .null),
        .init("expect", numbers(request.expectedStatuses)), .init("observe", observation(request.observation)),
      ]
    case .exec(let exec):
      members += [
        .init("argv", .array(exec.argv.map(value))), .init("environment", .object(self.members(exec.environment))),
        .init("expect", numbers(exec.expectedCodes)), .init("observe", observation(exec.observation)),
      ]
      if let preview = exec.host?.preview, !preview.isEmpty { members.append(.init("preview", .string(preview))) }
    case .eventEmit(let event):
      members += [
        .init("message", value(event.message)), .init("level", .string(event.level.name)),
        .init("fields", .object(self.members(event.fields))),
      ]
    }
    return members
  }

  private static func numbers(_ numbers: [Int]) -> FieldValue { .array(numbers.map { .integer(Int64($0)) }) }

  private static func observation(_ observation: Observation?) -> FieldValue {
    guard let observation else { return .null }
    let probe: FieldValue.Member =
      switch observation.probe {
      case .get(let url): .init("url", .string(url))
      case .run(let argv): .init("argv", .array(argv.map(FieldValue.string)))
      }
    return .object([
      probe, .init("applied", numbers(observation.applied)), .init("not_applied", numbers(observation.notApplied)),
    ])
  }

  private static func row(_ row: RowChange) -> FieldValue {
    .object([
      .init("key", .object(members(row.key))), .init("before", row.before.map { .object(members($0)) } ?? .null),
      .init("after", row.after.map { .object(members($0)) } ?? .null),
    ])
  }

  private static func undo(_ undo: Undo) -> FieldValue {
    switch undo {
    case .restore: .object([.init("how", .string("restore"))])
    case .effect(let effect): .object([.init("how", .string("effect"))] + asked(effect))
    case .irreversible(let reason): .object([.init("how", .string("irreversible")), .init("reason", .string(reason))])
    }
  }
}
