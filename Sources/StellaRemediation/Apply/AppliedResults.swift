import StellaModel

/// What the groups of a plan that are applied returned, by effect.
struct AppliedResults {
  private let plan: Plan
  private(set) var groups: Set<Int> = []
  private var rows: [Int: [NamedValues]] = [:]

  init(_ plan: Plan) { self.plan = plan }

  mutating func add(_ step: RunStep, _ plan: Plan) {
    groups.insert(step.group)
    guard let group = plan.groups.first(where: { $0.number == step.group }) else { return }
    for (effect, results) in zip(group.effects, step.results) { rows[effect] = results }
  }

  /// The applied effects, as a rollback wants them.
  var applied: [Rollback.AppliedEffect] {
    plan.groups.filter { groups.contains($0.number) }.flatMap { group in
      group.effects.map { Rollback.AppliedEffect($0, results: rows[$0] ?? []) }
    }
  }

  /// The effects of a group, with each reference to a result of another group replaced by its value. Those within the group
  /// are the target's to replace.
  ///
  /// - Throws: ``PlanError`` `inconsistent` when a value isn't there.
  func resolved(_ group: EffectGroup) throws(PlanError) -> [PreparedEffect] {
    var effects: [PreparedEffect] = []
    for number in group.effects {
      var prepared = plan.content.effects[number - 1]
      let value = { (reference: ResultReference) throws(PlanError) -> EffectValue in
        if group.effects.contains(reference.effect) { return .result(reference) }
        guard let rows = self.rows[reference.effect], reference.row <= rows.count,
          let value = rows[reference.row - 1][reference.column]
        else {
          throw PlanError(
            .inconsistent, effect: number, "\(reference) is not known", "Report it as a bug; nothing more is applied")
        }
        return value
      }
      prepared.effect = try prepared.effect.replacingResults(value)
      var changed: [RowChange] = []
      for row in prepared.rows { changed.append(try row.replacingResults(value)) }
      prepared.rows = changed
      effects.append(prepared)
    }
    return effects
  }
}

extension RunJournal {
  /// Of values that are on record beside the log.
  static func digest(of results: [[NamedValues]]) -> String {
    results.isEmpty ? "" : digest(of: StoredValues.bytes(results))
  }
}
