import StellaModel

/// The rules that every plan keeps. What passes can be written and compared without a trap.
struct PlanCheck {
  private let content: PlanContent
  private static let numberLimit = Int(UInt32.max)

  init(_ content: PlanContent) { self.content = content }

  /// Throws what is wrong with the plan first. O(size).
  func check() throws(PlanError) {
    try checkHead()
    guard !content.effects.isEmpty else {
      throw PlanError(.empty, "the plan has no effects", "Close the run: there is nothing to do")
    }
    guard content.effects.count <= Plan.effectLimit else {
      throw PlanError(
        .limit, "\(content.effects.count) effects are more than \(Plan.effectLimit)",
        "Change many rows with one effect, or split the work over runs")
    }
    var rows = 0
    for (index, prepared) in content.effects.enumerated() {
      let number = index + 1
      do throws(EffectError) {
        try EffectCheck.check(prepared.effect)
        if case .effect(let undo) = prepared.undo {
          do throws(EffectError) { try EffectCheck.check(undo) } catch { throw error.within("undo") }
        }
      } catch {
        throw PlanError(error, effect: number)
      }
      try checkTargets(of: prepared, number)
      try checkResults(in: prepared, number)
      try checkClass(of: prepared, number)
      try checkUndo(of: prepared, number)
      try RowCheck(prepared, number: number).check()
      rows += prepared.rows.count
    }
    try checkBounds(rows: rows)
  }

  private func checkHead() throws(PlanError) {
    do throws(EffectError) {
      try EffectCheck.checkName(content.fixID, at: "id")
      for module in content.modules { try EffectCheck.checkName(module.name, at: "modules") }
      for target in content.targets {
        try EffectCheck.checkName(target.name, at: "targets")
        try EffectCheck.checkName(target.kind, at: "targets.\(target.name).kind")
      }
      try EffectCheck.checkParameters(content.parameters)
    } catch {
      throw PlanError(error, effect: nil)
    }
    guard (1...Self.numberLimit).contains(content.apiLevel) else {
      throw PlanError(.inconsistent, "the API level \(content.apiLevel) is none", "Give the level of the fix, from 1")
    }
    try distinct(content.modules.map(\.name), "module")
    try distinct(content.targets.map(\.name), "target")
    guard case .rollback(let origin) = content.purpose else { return }
    let numbers = origin.effects + origin.irreversible.map(\.effect)
    guard numbers.allSatisfy((1...Plan.effectLimit).contains), Set(numbers).count == numbers.count,
      zip(origin.effects, origin.effects.dropFirst()).allSatisfy({ $0 > $1 }),
      zip(origin.irreversible, origin.irreversible.dropFirst()).allSatisfy({ $0.effect > $1.effect }),
      origin.effects.count == content.effects.count
    else {
      throw PlanError(
        .inconsistent, "the effects that are taken back are not each there once, in descending order",
        "Make the plan with Rollback")
    }
  }

  private func distinct(_ names: [String], _ what: String) throws(PlanError) {
    let sorted = names.sorted(by: NamedValues.precedes)
    if let twice = zip(sorted, sorted.dropFirst()).first(where: { !NamedValues.precedes($0, $1) }) {
      throw PlanError(.inconsistent, "the \(what) \(twice.0) is there twice", "Give each once")
    }
  }

  private func checkBounds(rows: Int) throws(PlanError) {
    let bounds = content.bounds
    guard (0...Self.numberLimit).contains(bounds.rows), (0...Self.numberLimit).contains(bounds.targets),
      bounds.sharePercent.map((0...100).contains) ?? true
    else {
      throw PlanError(
        .inconsistent, "a bound is out of range", "Give counts from 0, and a share from 0 to 100 per cent")
    }
    guard rows <= bounds.rows else {
      throw PlanError(
        .overBounds, "\(rows) rows would change and at most \(bounds.rows) may",
        "Narrow the selectors, or have the limit raised in the policy")
    }
    guard content.targets.count <= bounds.targets else {
      throw PlanError(
        .overBounds, "\(content.targets.count) targets would be touched and at most \(bounds.targets) may",
        "Split the work over runs, or have the limit raised in the policy")
    }
    guard rows <= Plan.rowLimit else {
      throw PlanError(.limit, "\(rows) rows are more than any plan may change", "Split the work over runs")
    }
    let used = usedTargets.map { Array($0.utf8) }
    if let unused = content.targets.first(where: { !used.contains(Array($0.name.utf8)) }) {
      throw PlanError(
        .inconsistent, "no effect touches the target \(unused.name)", "List only targets that are touched")
    }
  }

  private var usedTargets: [String] {
    content.effects.flatMap { prepared -> [String] in
      guard case .effect(let undo) = prepared.undo else { return [prepared.effect.target].compactMap { $0 } }
      return [prepared.effect.target, undo.target].compactMap { $0 }
    }
  }

  private func checkTargets(of prepared: PreparedEffect, _ number: Int) throws(PlanError) {
    var names = [prepared.effect.target]
    if case .effect(let undo) = prepared.undo { names.append(undo.target) }
    for case let name? in names where !content.targets.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      let nearest = NearestName.of(name, in: content.targets.map(\.name)).map { "; did you mean \($0)?" } ?? ""
      throw PlanError(
        .badEffect, effect: number, "there is no target \(name)\(nearest)",
        "Use a target of the configuration that the fix lists")
    }
  }

  /// A result must come from an earlier insert that returns it; for an undo, also from the effect itself.
  private func checkResults(in prepared: PreparedEffect, _ number: Int) throws(PlanError) {
    for value in prepared.effect.values { try checkResults(in: value, before: number, number) }
    if case .effect(let undo) = prepared.undo {
      for value in undo.values { try checkResults(in: value, before: number + 1, number) }
    }
    for row in prepared.rows {
      for value in [row.key, row.after].compactMap({ $0 }).flatMap({ $0.map(\.value) }) {
        try checkResults(in: value, before: number + 1, number)
      }
    }
  }

  private func checkResults(in value: EffectValue, before end: Int, _ number: Int) throws(PlanError) {
    try value.visit { (value) throws(PlanError) in
      guard case .result(let reference) = value else { return }
      guard reference.effect < end, reference.effect <= content.effects.count,
        case .sqlInsert(let insert) = content.effects[reference.effect - 1].effect,
        reference.row <= insert.rows.count, insert.returning.contains(reference.column)
      else {
        throw PlanError(
          .badEffect, effect: number, "\(reference) is made by no earlier effect",
          "Refer to a column in returning of an earlier sql.insert, and to one of its rows")
      }
    }
  }

  private func checkClass(of prepared: PreparedEffect, _ number: Int) throws(PlanError) {
    guard prepared.effect.classes.contains(prepared.effectClass) else {
      throw PlanError(
        .inconsistent, effect: number,
        "\(prepared.effect.kind.rawValue) can't be of the class \(prepared.effectClass.rawValue)",
        "Give it an idempotency header or an observation, or a weaker class")
    }
    switch (prepared.precondition, prepared.effect.isSQL) {
    case (.rows(prepared.rows.count), true), (.none, false): return
    case (.observedNotApplied, false):
      switch prepared.effect {
      case .httpRequest(let request) where request.observation != nil: return
      case .exec(let exec) where exec.observation != nil: return
      default: break
      }
    default: break
    }
    throw PlanError(
      .inconsistent, effect: number, "the precondition doesn't fit the effect",
      "Expect exactly the listed rows of sql effects, and an observation of others only if they have one")
  }

  private func checkUndo(of prepared: PreparedEffect, _ number: Int) throws(PlanError) {
    switch prepared.undo {
    case .restore where prepared.effect.isSQL, .irreversible: return
    case .effect(let undo) where !prepared.effect.isSQL && !undo.isSQL: return
    default:
      throw PlanError(
        .inconsistent, effect: number, "the undo doesn't fit the effect",
        "Restore rows of sql effects; undo others by an http.request, exec or event.emit")
    }
  }
}
