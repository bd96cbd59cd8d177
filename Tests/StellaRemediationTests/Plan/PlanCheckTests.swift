import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Plans that are refused")
struct PlanCheckTests {
  @Test("A plan whose parts don't fit is refused, and it says which and why")
  func refused() throws {
    let result = EffectValue.result(ResultReference("e3.id")!)
    let cases: [(String, PlanError.Code, Int?, (inout PlanContent) -> Void)] = [
      (
        "no effects", .empty, nil,
        {
          $0.purpose = .fix
          $0.effects = []
        }
      ),
      ("nothing named", .badEffect, nil, { $0.fixID = "" }),
      ("an unknown parameter value", .badEffect, nil, { $0.parameters = ["a": result] }),
      ("not a number", .badEffect, nil, { $0.parameters = ["a": .double(.nan)] }),
      ("API level", .inconsistent, nil, { $0.apiLevel = 0 }),
      ("API level too high", .inconsistent, nil, { $0.apiLevel = 1 << 40 }),
      ("module twice", .inconsistent, nil, { $0.modules.append($0.modules[0]) }),
      ("target twice", .inconsistent, nil, { $0.targets.append($0.targets[0]) }),
      (
        "unused target", .inconsistent, nil,
        { $0.targets.append(TargetIdentity(name: "x", kind: "y", physicalID: nil)) }
      ),
      ("unknown target", .badEffect, 1, { $0.targets.removeFirst() }),
      ("rows over the bound", .overBounds, nil, { $0.bounds.rows = 3 }),
      ("targets over the bound", .overBounds, nil, { $0.bounds.targets = 2 }),
      ("negative bound", .inconsistent, nil, { $0.bounds.targets = -1 }),
      ("share", .inconsistent, nil, { $0.bounds.sharePercent = 101 }),
      ("rows over the limit", .overBounds, 1, { $0.effects[0].rowLimit = 1 }),
      ("negative limit", .overBounds, 1, { $0.effects[0].rowLimit = -1 }),
      ("class", .inconsistent, 1, { $0.effects[0].effectClass = .blind }),
      ("class of a request", .inconsistent, 4, { PlanMutations.request(&$0) { $0.idempotencyHeader = nil } }),
      ("precondition", .inconsistent, 1, { $0.effects[0].precondition = .rows(exactly: 1) }),
      ("no precondition", .inconsistent, 1, { $0.effects[0].precondition = .none }),
      ("nothing observed", .inconsistent, 6, { $0.effects[5].precondition = .observedNotApplied }),
      ("undo of rows", .inconsistent, 1, { $0.effects[0].undo = $0.effects[3].undo }),
      ("undo of a request", .inconsistent, 4, { $0.effects[3].undo = .restore }),
      ("undo by rows", .inconsistent, 4, { $0.effects[3].undo = .effect($0.effects[0].effect) }),
      ("bad undo", .badEffect, 4, { PlanMutations.undo(&$0) { $0.url = "x" } }),
      ("rows of a request", .overBounds, 4, { $0.effects[3].rows = $0.effects[0].rows }),
      ("limit of a request", .inconsistent, 4, { $0.effects[3].rowLimit = 1 }),
      ("empty selector", .badEffect, 1, { PlanMutations.update(&$0) { $0.selector = [:] } }),
      ("no key", .inconsistent, 1, { $0.effects[0].rows[0].key = [:] }),
      ("one key twice", .inconsistent, 1, { $0.effects[0].rows[0].key = $0.effects[0].rows[1].key }),
      ("a before-value less", .inconsistent, 1, { $0.effects[0].rows[0].before = ["user_id": "x"] }),
      (
        "a before-value more", .inconsistent, 1,
        { $0.effects[0].rows[0].before = ["user_id": "x", "moved": .null, "title": "private"] }
      ),
      ("no before-values", .inconsistent, 1, { $0.effects[0].rows[0].before = nil }),
      ("an after-value less", .inconsistent, 1, { $0.effects[0].rows[0].after = ["user_id": "x"] }),
      ("a deleted row that stays", .inconsistent, 2, { $0.effects[1].rows[0].after = [:] }),
      ("a deleted row without its selector", .inconsistent, 2, { $0.effects[1].rows[0].before = ["note": "x"] }),
      (
        "a before-value not known", .inconsistent, 1,
        { $0.effects[0].rows[0].before = ["user_id": result, "moved": .null] }
      ),
      (
        "a table in a row", .inconsistent, 1, { $0.effects[0].rows[0].after = ["user_id": .array([]), "moved": .null] }
      ),
      ("an inserted row too few", .inconsistent, 3, { PlanMutations.insert(&$0) { $0.rows.append($0.rows[0]) } }),
      ("an inserted key from nowhere", .inconsistent, 3, { $0.effects[2].rows[0].key = ["other": 1] }),
      (
        "an inserted row without key, to be taken back", .inconsistent, 3,
        {
          $0.effects[2].rows[0].key = [:]
          $0.effects[2].undo = .restore
        }
      ),
      (
        "a result of a later effect", .badEffect, 1,
        { PlanMutations.update(&$0) { PlanMutations.set(&$0.set, "user_id", result) } }
      ),
      ("a result that isn't returned", .badEffect, 4, { body(&$0, "e3.other") }),
      ("a result of a row too many", .badEffect, 4, { body(&$0, "e3[2].id") }),
      ("a result of an update", .badEffect, 4, { body(&$0, "e1.user_id") }),
      ("a result of no effect", .badEffect, 4, { body(&$0, "e70.id") }),
      ("rollback of one effect twice", .inconsistent, nil, { PlanMutations.origin(&$0) { $0.effects[1] = 11 } }),
      ("rollback in the wrong order", .inconsistent, nil, { PlanMutations.origin(&$0) { $0.effects.reverse() } }),
      ("rollback of fewer", .inconsistent, nil, { PlanMutations.origin(&$0) { $0.effects.removeLast() } }),
      ("rollback of what stays", .inconsistent, nil, { PlanMutations.origin(&$0) { $0.irreversible[0].effect = 3 } }),
    ]
    for (name, code, effect, change) in cases {
      var content = SamplePlan.everything
      change(&content)
      let error = #expect(throws: PlanError.self, "\(name)") { try SamplePlan.plan(content) }
      #expect(error?.code == code && error?.effect == effect, "\(name): \(String(describing: error))")
      #expect(error?.message.isEmpty == false && error?.remedy.isEmpty == false, "\(name)")
    }
  }

  private func body(_ content: inout PlanContent, _ reference: String) {
    PlanMutations.body(&content, "user", .result(ResultReference(reference)!))
  }

  @Test("A refused plan's bytes are refused by the reader too")
  func readerChecks() {
    var content = SamplePlan.everything
    content.bounds.rows = 3
    let form = FixPlanWriter.form { $0.plan(content) }
    let error = #expect(throws: FixPlanError.self) { try Plan(canonical: form) }
    #expect(error?.reason.contains("at most 3 may") == true)
  }

  @Test("What is too large is refused before it is written")
  func sizes() throws {
    var content = SamplePlan.small
    let effect = content.effects[0]
    content.effects = [PreparedEffect](repeating: effect, count: Plan.effectLimit + 1)
    #expect(#expect(throws: PlanError.self) { try SamplePlan.plan(content) }?.code == .limit)
    content.effects = [effect]
    content.parameters = ["big": .text(String(repeating: "x", count: Plan.byteLimit + 1))]
    #expect(#expect(throws: PlanError.self) { try SamplePlan.plan(content) }?.code == .limit)
    let form = [UInt8](repeating: 0, count: Plan.byteLimit + 1)
    #expect(throws: FixPlanError.self) { try Plan(canonical: form) }
  }

  @Test("An approver can be told what can't be taken back, and how many rows change")
  func summary() throws {
    let plan = try SamplePlan.plan(SamplePlan.everything)
    #expect(plan.irreversible.map(\.effect) == [3, 5, 6])
    #expect(plan.irreversible.map(\.reason) == ["kept", "a restart", "seen"])
    #expect(plan.rowCount == 4)
  }
}
