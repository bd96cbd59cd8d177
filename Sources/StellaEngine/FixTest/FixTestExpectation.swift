import StellaLua
import StellaModel

/// What `t:expect { … }` asks of a plan. What isn't named doesn't matter.
struct FixTestExpectation {
  private enum Effects {
    case count(Int)
    /// Some properties of each, in order.
    case each([[(name: String, wanted: FieldValue)]])
  }

  private var rows: Int?
  private var effects: Effects?
  private var notes: [String]?
  private var isNothing: Bool?
  private var refusal: String?
  private var isProposed: Bool?
  /// How the run is to end; the only one that isn't about the plan.
  private(set) var end: String?

  /// Throws the text of a failure for what can't be an expectation.
  init(_ value: LuaValue) throws(RuleTestFailure) {
    guard case .table(let table) = value, table.array.isEmpty, table.integers.isEmpty, !table.fields.isEmpty else {
      throw RuleTestFailure("expect needs names in { }, such as { rows = 1 }")
    }
    let names = FixTestLanguage.expectations.map(\.name)
    for (name, value) in table.fields {
      switch (name, value) {
      case ("rows", .integer(let number)): rows = Int(clamping: number)
      case ("effects", .integer(let number)): effects = .count(Int(clamping: number))
      case ("effects", .table(let list)): effects = .each(try FixTestExpectation.properties(list))
      case ("notes", .table(let list)):
        notes = try list.array.map { (note) throws(RuleTestFailure) in
          guard case .string(let text) = note else { throw RuleTestFailure("expect: notes are texts") }
          return text
        }
      case ("nothing", .bool(let flag)): isNothing = flag
      case ("refused", .string(let text)): refusal = text
      case ("proposed", .bool(let flag)): isProposed = flag
      case ("ends", .string(let text)):
        guard RunState(rawValue: text) != nil else {
          let states = RunState.allCases.map(\.rawValue)
          let hint = NearestName.of(text, in: states).map { "; did you mean \($0)?" } ?? ""
          throw RuleTestFailure("expect: a run can't end as \(text)\(hint)")
        }
        end = text
      default:
        if names.contains(name) { throw RuleTestFailure("expect: \(name) is of the wrong type") }
        let hint = NearestName.of(name, in: names).map { "did you mean \($0)? " } ?? ""
        throw RuleTestFailure("expect knows no \(name); \(hint)it knows \(names.joined(separator: ", "))")
      }
    }
  }

  private static func properties(
    _ list: LuaTable
  ) throws(RuleTestFailure) -> [[(name: String, wanted: FieldValue)]] {
    try list.array.map { (item) throws(RuleTestFailure) in
      guard case .table(let table) = item, table.array.isEmpty else {
        throw RuleTestFailure("expect: effects is a number, or a list such as { { kind = \"sql.update\", rows = 2 } }")
      }
      return try table.fields.map { (name, value) throws(RuleTestFailure) in
        guard PlannedEffect.names.contains(name) else {
          let hint = NearestName.of(name, in: PlannedEffect.names).map { "; did you mean \($0)?" } ?? ""
          throw RuleTestFailure("expect: an effect has no \(name)\(hint)")
        }
        guard let wanted = FieldValue(value) else {
          throw RuleTestFailure("expect: \(name) of an effect is neither number, text, boolean nor list")
        }
        return (name, wanted)
      }
    }
  }

  /// What of the expectation does not hold; nil when all does.
  func failure(_ planned: FixTestPlan) -> String? {
    var wrong: [String] = []
    if let refusal {
      guard case .refused(let why) = planned.outcome else {
        return "expected no plan because of \"\(refusal)\"; \(planned.words)"
      }
      if !why.contains(refusal) {
        wrong.append("expected no plan because of \"\(refusal)\", and the reason is: \(why)")
      }
    }
    if let isProposed, isProposed != planned.isProposed {
      wrong.append("expected that it is \(isProposed ? "" : "not ")proposed for the alert; \(planned.words)")
    }
    if let isNothing, isNothing != planned.isNothing {
      wrong.append("expected \(isNothing ? "nothing" : "something") to change; \(planned.words)")
    }
    if let rows, rows != planned.rows { wrong.append("expected rows = \(rows); \(planned.words)") }
    switch effects {
    case .count(let count)?:
      if count != planned.effects.count { wrong.append("expected effects = \(count); \(planned.words)") }
    case .each(let list)?: wrong += FixTestExpectation.differences(list, planned)
    case nil: break
    }
    if let notes, !FixTestExpectation.fit(notes, planned.notes) {
      wrong.append(
        "expected the notes \(FixTestExpectation.list(notes)), got \(FixTestExpectation.list(planned.notes))")
    }
    return wrong.isEmpty ? nil : wrong.joined(separator: "\n")
  }

  private static func differences(
    _ list: [[(name: String, wanted: FieldValue)]], _ planned: FixTestPlan
  ) -> [String] {
    guard list.count == planned.effects.count else {
      return ["expected effects = \(list.count); \(planned.words)"]
    }
    return zip(list, planned.effects).enumerated().flatMap { number, pair in
      pair.0.compactMap { name, wanted in
        let found = pair.1.members.first { $0.name == name }?.value
        if found == wanted { return nil }
        return "expected e\(number + 1) to have \(name) = \(wanted.json), and it has \(found?.json ?? "none")"
      }
    }
  }

  private static func fit(_ parts: [String], _ notes: [String]) -> Bool {
    parts.count == notes.count && zip(parts, notes).allSatisfy { $1.contains($0) }
  }

  private static func list(_ texts: [String]) -> String {
    texts.isEmpty ? "none" : texts.map { "\"\($0)\"" }.joined(separator: ", ")
  }
}
