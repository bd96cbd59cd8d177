import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Rollbacks")
struct RollbackTests {
  let bounds = PlanBounds(rows: 1000, targets: 5)

  func rollback(_ plan: Plan, _ applied: [Rollback.AppliedEffect]) throws -> Rollback {
    try Rollback(of: plan, applied: applied, bounds: bounds, knownSecrets: .none)
  }

  static var applied: [Rollback.AppliedEffect] {
    (1...6).map { Rollback.AppliedEffect($0, results: $0 == 3 ? [["id": 7]] : []) }
  }

  static var fix: PlanContent {
    var content = SamplePlan.everything
    content.purpose = .fix
    content.effects[2].undo = .restore
    return content
  }

  @Test("It takes back the last first, lists what stays, and has a digest of its own")
  func whole() throws {
    let plan = try SamplePlan.plan(Self.fix)
    let made = try rollback(plan, Self.applied)
    let undo = try #require(made.plan)
    #expect(undo.content.effects.map(\.effect.kind) == [.httpRequest, .sqlRestore, .sqlRestore, .sqlRestore])
    #expect(made.irreversible.map(\.effect) == [6, 5])
    guard case .rollback(let origin) = undo.content.purpose else {
      Issue.record("it is no rollback")
      return
    }
    #expect(origin.plan == plan.digest && origin.effects == [4, 3, 2, 1] && origin.irreversible == made.irreversible)
    #expect(undo.digest != plan.digest)
    #expect(undo.content.targets.map(\.name) == ["app-db", "billing"])
    #expect(try Plan(canonical: undo.canonical) == undo)
    // The order in which the effects are listed as applied is no matter.
    #expect(try rollback(plan, Self.applied.reversed()).plan == undo)
    #expect(undo.groups.map(\.effects) == [1...1, 2...4])
  }

  @Test("What was put in for a result is what is taken back")
  func results() throws {
    let plan = try SamplePlan.plan(Self.fix)
    let undo = try #require(try rollback(plan, Self.applied).plan)
    #expect(
      undo.content.effects[1].rows == [RowChange(key: ["id": 7], before: ["name": "Mara", "age": 30], after: nil)])
    let other = Self.applied.map { $0.number == 3 ? Rollback.AppliedEffect(3, results: [["id": 8]]) : $0 }
    #expect(try rollback(plan, other).plan?.digest != undo.digest)
    let error = #expect(throws: PlanError.self) { try rollback(plan, [Rollback.AppliedEffect(3)]) }
    #expect(error?.code == .inconsistent && error?.effect == 3)
  }

  @Test("Another set of applied effects is another rollback")
  func sets() throws {
    let plan = try SamplePlan.plan(Self.fix)
    var digests: Set<PlanDigest> = []
    for set in 1..<16 {
      let applied = Self.applied.filter { $0.number <= 4 && set >> ($0.number - 1) & 1 == 1 }
      digests.insert(try #require(try rollback(plan, applied).plan).digest)
    }
    #expect(digests.count == 15)
  }

  @Test("With nothing to take back there is no plan, and the reasons are there")
  func nothing() throws {
    let plan = try SamplePlan.plan(Self.fix)
    let made = try rollback(plan, [Rollback.AppliedEffect(5)])
    #expect(made.plan == nil)
    #expect(made.irreversible == [RollbackOrigin.Irreversible(effect: 5, reason: "a restart")])
    #expect(try rollback(plan, []).plan == nil)
    #expect(throws: PlanError.self) { try rollback(plan, [Rollback.AppliedEffect(7)]) }
    #expect(throws: PlanError.self) { try rollback(plan, [Rollback.AppliedEffect(0)]) }
    #expect(throws: PlanError.self) { try rollback(plan, [Rollback.AppliedEffect(1), Rollback.AppliedEffect(1)]) }
  }

  /// A table in memory: each row by its key, as compared and written by a row change.
  struct Table: Hashable {
    var rows: Set<NamedValues> = []

    /// False when a row isn't what the change expects, and then nothing is changed.
    mutating func apply(_ change: RowChange) -> Bool {
      let found = rows.filter { row in change.key.allSatisfy { row[$0.name] == $0.value } }
      guard let before = change.before else {
        guard found.isEmpty, let after = change.after else { return false }
        rows.insert(Self.merged(change.key, after))
        return true
      }
      guard let row = found.first, before.allSatisfy({ row[$0.name] == $0.value }) else { return false }
      rows.remove(row)
      if let after = change.after { rows.insert(Self.merged(row, after)) }
      return true
    }

    static func merged(_ row: NamedValues, _ changes: NamedValues) -> NamedValues {
      try! NamedValues(row.members.filter { changes[$0.name] == nil } + changes.members)
    }
  }

  /// A plan of updates, deletes and inserts on one table, whose before-images are what the table holds at that moment.
  func randomPlan(_ table: inout Table, _ random: inout SeededRandom) throws -> Plan {
    var content = SamplePlan.small
    content.effects = []
    for number in 1...(1 + random.below(5)) {
      let rows = table.rows.sorted { "\($0["id"]!)" < "\($1["id"]!)" }.filter { _ in random.chance(2) }
      var prepared: PreparedEffect
      switch random.below(3) {
      case 0:
        prepared = PreparedEffect(
          .sqlUpdate(
            Effect.SQLUpdate(
              target: "app-db", table: "t", selector: ["where": .null], set: ["id": .null, "set": .null])),
          class: .tx, undo: .restore)
        prepared.rows = rows.map { row in
          RowChange(
            key: row.filter { $0 == "id" }, before: row.filter { $0 == "where" || $0 == "set" },
            after: [
              "id": random.chance(2) ? row["id"]! : .integer(Int64(random.next() >> 1)),
              "set": .double(Double(random.below(3))),
            ])
        }
      case 1:
        prepared = PreparedEffect(
          .sqlDelete(Effect.SQLDelete(target: "app-db", table: "t", selector: ["where": .null])), class: .tx,
          undo: .restore)
        prepared.rows = rows.map { row in
          RowChange(key: row.filter { $0 == "id" }, before: row.filter { $0 != "id" }, after: nil)
        }
      default:
        let values: [NamedValues] = (0...random.below(3)).map { _ in
          [
            "id": .integer(Int64(random.next() >> 1)), "set": .text("n\(number)"),
            "where": .bytes([UInt8(random.below(4))]),
          ]
        }
        prepared = PreparedEffect(
          .sqlInsert(Effect.SQLInsert(target: "app-db", table: "t", rows: values)), class: .tx, undo: .restore)
        prepared.rows = values.map { row in
          RowChange(key: row.filter { $0 == "id" }, before: nil, after: row.filter { $0 != "id" })
        }
      }
      prepared.precondition = .rows(exactly: prepared.rows.count)
      prepared.rowLimit = 100
      for change in prepared.rows {
        let isApplied = table.apply(change)
        #expect(isApplied)
      }
      content.effects.append(prepared)
    }
    return try SamplePlan.plan(content)
  }

  static func apply(_ plan: Plan, to table: inout Table, _ comment: Comment) {
    for row in plan.content.effects.flatMap(\.rows) {
      let isApplied = table.apply(row)
      #expect(isApplied, comment)
    }
  }

  static func table(_ random: inout SeededRandom) -> Table {
    var table = Table()
    for id in 0..<Int64(8) {
      table.rows.insert([
        "id": .integer(id), "where": random.chance(2) ? .null : "é", "set": .double(random.chance(2) ? 0 : -0.0),
        "other": .bytes([UInt8(id)]),
      ])
    }
    return table
  }

  @Test("It gives each row back as it was, and its own rollback does the work again")
  func restores() throws {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      var table = Self.table(&random)
      let original = table
      let plan = try randomPlan(&table, &random)
      let changed = table
      let applied = (1...plan.content.effects.count).map { Rollback.AppliedEffect($0) }
      guard let undo = try rollback(plan, applied).plan else {
        #expect(table == original, "seed \(seed)")
        continue
      }
      Self.apply(undo, to: &table, "seed \(seed)")
      #expect(table == original, "seed \(seed)")
      let again = try #require(
        try rollback(undo, (1...undo.content.effects.count).map { Rollback.AppliedEffect($0) }).plan)
      Self.apply(again, to: &table, "seed \(seed)")
      #expect(table == changed, "seed \(seed)")
    }
  }

  @Test("A row that somebody changed since is found to be another, and left alone")
  func conflict() throws {
    let plan = try SamplePlan.plan(SamplePlan.small)
    let undo = try #require(try rollback(plan, [Rollback.AppliedEffect(1)]).plan)
    var table = Table(rows: [
      ["id": 1, "user_id": "usr_9c41", "moved": 1, "title": "x"], ["id": 2, "user_id": "else", "moved": 1],
    ])
    let before = table
    var done: [Bool] = []
    for row in undo.content.effects[0].rows { done.append(table.apply(row)) }
    #expect(done == [false, false, true])
    #expect(
      table.rows.subtracting(before.rows) == [["id": 1, "user_id": "mara@example.org", "moved": .null, "title": "x"]])
  }

  @Test("What must not be undone twice can be told: an undone effect's own effect has no undo")
  func undoOfEffect() throws {
    let undo = try #require(try rollback(SamplePlan.plan(Self.fix), [Rollback.AppliedEffect(4)]).plan)
    #expect(undo.irreversible.map(\.effect) == [1])
    #expect(undo.content.effects[0].effectClass == .blind)
  }
}
