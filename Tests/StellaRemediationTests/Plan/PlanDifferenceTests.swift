import StellaModel
import Testing

@testable import StellaRemediation

@Suite("What changed between two plans")
struct PlanDifferenceTests {
  static func plan(rows: Range<Int64>, _ change: (inout PlanContent) -> Void = { _ in }) throws -> Plan {
    var content = SamplePlan.small
    content.effects = [SamplePlan.update(users: rows.map { ($0, "mara@example.org") })]
    change(&content)
    return try SamplePlan.plan(content)
  }

  @Test("You saw 42 rows, now there are 57: 15 more in e1, and it says which")
  func moreRows() throws {
    let difference = PlanDifference(from: try Self.plan(rows: 0..<42), to: try Self.plan(rows: 0..<57))
    #expect(difference.oldRows == 42 && difference.newRows == 57)
    #expect(difference.changes.isEmpty)
    let effect = try #require(difference.effects.first)
    #expect(difference.effects.count == 1)
    #expect(effect.old == 1 && effect.new == 1 && effect.parts.isEmpty)
    #expect(effect.newRows - effect.oldRows == 15)
    #expect(effect.addedRows == (42..<57).map { ["id": .integer($0)] })
    #expect(effect.removedRows.isEmpty && effect.changedRows.isEmpty)
    let back = PlanDifference(from: try Self.plan(rows: 0..<57), to: try Self.plan(rows: 0..<42))
    #expect(back.effects.first?.removedRows == effect.addedRows)
  }

  @Test("A row that holds another value now is named with the column")
  func changedRow() throws {
    let new = try Self.plan(rows: 0..<5) {
      $0.effects[0].rows[3].before = ["user_id": "mara@example.org", "moved": .integer(0)]
    }
    let difference = PlanDifference(from: try Self.plan(rows: 0..<5), to: new)
    #expect(
      difference.effects.first?.changedRows == [EffectDifference.Row(key: ["id": 3], before: ["moved"], after: [])])
    #expect(difference.oldRows == difference.newRows)
  }

  @Test("It tells of parameters, sources, modules, targets and bounds by name")
  func head() throws {
    let old = try Self.plan(rows: 0..<2)
    let new = try Self.plan(rows: 0..<2) { content in
      content.parameters = ["user_id": "ivo@example.org", "extra": .null]
      content.fixDigest = SamplePlan.digest(9)
      content.modules = [ModuleDigest(name: "ids", digest: SamplePlan.digest(9))]
      content.targets[0].physicalID = "restored"
      content.bounds.rows = 500
      content.apiLevel = 2
    }
    #expect(
      PlanDifference(from: old, to: new).changes == [
        .fixSource, .module("ids"), .apiLevel, .parameter("extra"), .parameter("user_id"), .target("app-db"), .bounds,
      ])
    #expect(PlanDifference(from: old, to: new).effects.isEmpty)
  }

  @Test("Effects that came and went don't make the ones beside them look changed")
  func alignment() throws {
    func effect(_ table: String) -> PreparedEffect {
      PreparedEffect(
        .sqlDelete(Effect.SQLDelete(target: "app-db", table: table, selector: ["c": 1])), class: .tx,
        precondition: .rows(exactly: 0), undo: .restore)
    }
    func plan(_ tables: String) throws -> Plan {
      try Self.plan(rows: 0..<1) { $0.effects = tables.map { effect(String($0)) } }
    }
    func told(_ old: String, _ new: String) throws -> [String] {
      let difference = PlanDifference(from: try plan(old), to: try plan(new))
      return difference.changes.map { "\($0)" }
        + difference.effects.map { "\($0.old.map(String.init) ?? "-")>\($0.new.map(String.init) ?? "-")" }
    }
    #expect(try told("abc", "abc") == [])
    #expect(try told("abc", "axbc") == ["->2"])
    #expect(try told("abc", "ac") == ["2>-"])
    #expect(try told("abcd", "xbcd") == ["1>-", "->1"])
    #expect(try told("abc", "bca") == ["order"])
    #expect(try told("aab", "ab") == ["2>-"])
  }

  @Test("It is empty exactly when the plans are one")
  func empty() throws {
    var plans: [Plan] = []
    for seed in UInt64(1)...40 {
      var random = RandomPlan(seed: seed)
      plans.append(try SamplePlan.plan(random.content()))
    }
    for old in plans {
      for new in plans { #expect(PlanDifference(from: old, to: new).isEmpty == (old == new)) }
    }
  }
}
