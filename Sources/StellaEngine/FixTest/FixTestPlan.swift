import StellaModel
import StellaRemediation

/// What came of planning in a test.
struct FixTestPlan {
  enum Outcome {
    case plan(Plan)
    case nothing
    /// There can't be a plan, and why.
    case refused(String)
    /// The alert is none of the fix's, and why.
    case notProposed(String)
  }

  var outcome: Outcome
  var notes: [String] = []
  /// The run in the store of the test; nil when there is none.
  var run: Run?

  var plan: Plan? { if case .plan(let plan) = outcome { plan } else { nil } }
  var rows: Int { plan?.rowCount ?? 0 }
  var effects: [PlannedEffect] { plan?.content.effects.map(PlannedEffect.init) ?? [] }
  var isNothing: Bool { if case .nothing = outcome { true } else { false } }
  var isProposed: Bool { if case .notProposed = outcome { false } else { true } }

  /// Whether all of it can be performed in a test.
  var isPerformable: Bool { plan?.content.effects.allSatisfy(\.effect.isSQL) ?? false }

  /// What was planned instead, for a failure.
  var words: String {
    switch outcome {
    case .nothing: return "there is nothing to change" + (notes.isEmpty ? "" : ": " + notes.joined(separator: "; "))
    case .refused(let why): return "there is no plan: \(why)"
    case .notProposed(let why): return "it isn't proposed: \(why)"
    case .plan:
      let lines = effects.prefix(10).enumerated().map { "  e\($0 + 1) \(FieldValue.object($1.members).json)" }
      let more = effects.count > 10 ? ["  and \(effects.count - 10) more"] : []
      let planned = "planned \(effects.count == 1 ? "is" : "are") \(CountText.count(effects.count, "effect"))"
      return "\(planned) on \(CountText.count(rows, "row")):\n" + (lines + more).joined(separator: "\n")
    }
  }
}

/// An effect as tests compare it.
struct PlannedEffect {
  static let names = [
    "argv", "class", "kind", "message", "method", "reversible", "rows", "table", "target", "url",
  ]

  let members: [FieldValue.Member]

  init(_ prepared: PreparedEffect) {
    let effect = prepared.effect
    var members: [FieldValue.Member] = [.init("kind", .string(effect.kind.rawValue))]
    if let target = effect.target { members.append(.init("target", .string(target))) }
    members.append(.init("class", .string(prepared.effectClass.rawValue)))
    switch effect {
    case .sqlUpdate(let update): members.append(.init("table", .string(update.table)))
    case .sqlInsert(let insert): members.append(.init("table", .string(insert.table)))
    case .sqlDelete(let delete): members.append(.init("table", .string(delete.table)))
    case .sqlRestore(let restore): members.append(.init("table", .string(restore.table)))
    case .httpRequest(let request):
      members += [.init("method", .string(request.method)), .init("url", .string(request.url))]
    case .exec(let exec):
      members.append(.init("argv", .array(exec.argv.map(PlannedEffect.text))))
    case .eventEmit(let event): members.append(.init("message", PlannedEffect.text(event.message)))
    }
    if effect.isSQL { members.append(.init("rows", .integer(Int64(prepared.rows.count)))) }
    if case .irreversible = prepared.undo {
      members.append(.init("reversible", .bool(false)))
    } else {
      members.append(.init("reversible", .bool(true)))
    }
    self.members = members
  }

  /// Null for what is known only when it is performed.
  private static func text(_ value: EffectValue) -> FieldValue {
    if case .text(let text) = value { .string(text) } else { .null }
  }
}
