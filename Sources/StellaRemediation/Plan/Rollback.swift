import StellaModel

/// Takes back what a run applied: what can be, as a plan of its own, and what can't, by name.
package struct Rollback: Sendable {
  /// Nil when nothing that was applied can be taken back.
  package let plan: Plan?
  /// Applied effects that stay, the last applied first.
  package let irreversible: [RollbackOrigin.Irreversible]

  /// An effect of a plan that is known to be applied.
  package struct AppliedEffect: Sendable {
    /// From 1, in the plan.
    package var number: Int
    /// For each inserted row the values of the columns in `returning`; empty for other effects.
    package var results: [NamedValues]

    package init(_ number: Int, results: [NamedValues] = []) {
      self.number = number
      self.results = results
    }
  }

  /// The same arguments give the same plan and digest.
  ///
  /// The last effect is taken back first, and each row only where it still holds what was written. An effect whose outcome
  /// is unknown must be reconciled before: `applied` is taken at its word.
  ///
  /// - Parameter bounds: limits for the rollback; the original ones need not fit, as an undo may touch other targets.
  /// - Throws: `plan.inconsistent` when `applied` isn't part of `plan`, or a result is missing; otherwise as ``Plan/init(_:knownSecrets:)``.
  package init(
    of plan: Plan, applied: [AppliedEffect], bounds: PlanBounds, knownSecrets: KnownSecrets
  ) throws(PlanError) {
    let applied = applied.sorted { $0.number > $1.number }
    for (one, next) in zip(applied, applied.dropFirst()) where one.number == next.number {
      throw PlanError(.inconsistent, effect: one.number, "it is listed as applied twice", "List each effect once")
    }
    var effects: [PreparedEffect] = []
    var numbers: [Int] = []
    var irreversible: [RollbackOrigin.Irreversible] = []
    for one in applied {
      guard (1...plan.content.effects.count).contains(one.number) else {
        throw PlanError(.inconsistent, effect: one.number, "the plan has no such effect", "List effects of this plan")
      }
      let prepared = plan.content.effects[one.number - 1]
      switch prepared.undo {
      case .irreversible(let reason):
        irreversible.append(RollbackOrigin.Irreversible(effect: one.number, reason: reason))
        continue
      case .restore where prepared.rows.isEmpty: continue
      case .restore, .effect: break
      }
      effects.append(
        try Self.undo(prepared, one.number) { (reference) throws(PlanError) in
          try Self.value(of: reference, in: applied)
        })
      numbers.append(one.number)
    }
    self.irreversible = irreversible
    guard !effects.isEmpty else {
      self.plan = nil
      return
    }
    var content = plan.content
    let used = effects.flatMap { effect -> [String] in [effect.effect.target].compactMap { $0 } }
    content.targets = content.targets.filter { target in
      used.contains { $0.utf8.elementsEqual(target.name.utf8) }
    }
    content.purpose = .rollback(RollbackOrigin(plan: plan.digest, effects: numbers, irreversible: irreversible))
    content.bounds = bounds
    content.effects = effects
    self.plan = try Plan(content, knownSecrets: knownSecrets)
  }

  private static func undo(
    _ prepared: PreparedEffect, _ number: Int, _ result: (ResultReference) throws(PlanError) -> EffectValue
  ) throws(PlanError) -> PreparedEffect {
    if case .effect(let undo) = prepared.undo {
      let effect = try undo.replacingResults(result)
      return PreparedEffect(
        effect, class: effect.strongestClass, undo: .irreversible(reason: "it takes back e\(number)"))
    }
    guard let (target, table) = prepared.effect.table else {
      throw PlanError(.inconsistent, effect: number, "an effect without rows can't restore any", "Prepare it anew")
    }
    var rows: [RowChange] = []
    for row in prepared.rows.reversed() { rows.append(try row.replacingResults(result).reversed) }
    return PreparedEffect(
      .sqlRestore(Effect.SQLRestore(target: target, table: table)), class: .tx,
      precondition: .rows(exactly: rows.count), rowLimit: rows.count, rows: rows, undo: .restore)
  }

  private static func value(of reference: ResultReference, in applied: [AppliedEffect]) throws(PlanError) -> EffectValue
  {
    guard let effect = applied.first(where: { $0.number == reference.effect }), reference.row <= effect.results.count,
      let value = effect.results[reference.row - 1][reference.column]
    else {
      throw PlanError(
        .inconsistent, effect: reference.effect, "the value of \(reference) was not kept",
        "Take the rows back by hand: without it they can't be found for certain")
    }
    return value
  }
}
