import Foundation
import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Moving users to new ids")
struct MigrationTests {
  let harness: RunHarness
  let database: MigrationDatabase

  init() throws {
    harness = try RunHarness()
    database = try MigrationDatabase(path: harness.path + "/app.db")
    let target = SQLiteTarget(name: "app-db", path: database.path)
    try target.prepareMarkers()
    harness.targets.databases = ["app-db": target]
    harness.targets.readable = ["app-db"]
    var policy = Policy(name: "data")
    policy.limits.rows = 5000
    harness.policies = PolicySet([policy])
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    harness.load(
      try String(contentsOf: root.appendingPathComponent("Fixes/data/migrate-user-id.lua"), encoding: .utf8))
  }

  private func alert(_ user: String = MigrationDatabase.user(1)) -> Alert {
    Alert(
      id: "a-\(user)", rule: "data.user-id-format", type: "data_inconsistency", severity: .high, title: "no data",
      summary: "\(user) sees nothing", key: [.init("user_id", .string(user))], status: .firing, revision: 1,
      firstSeen: 1, lastSeen: 2, count: 3)
  }

  @Test("From the alert over the approval to moved rows that verify, and back again byte for byte")
  func whole() throws {
    let before = try database.dump()
    let run = try #require(try harness.remediation.propose(alert()))
    #expect(run.state == .awaiting)
    #expect(run.rowCount == 19 + 473 + 600 + 30)
    let notes = try harness.store.readRuns { try $0.notes(of: run.id) }
    #expect(notes == ["38 conversations of 3 owners who are no users stay as they are"])
    #expect(try database.dump() == before)

    _ = try harness.vote(run, by: "mara")
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try database.count("SELECT count(*) FROM users WHERE id NOT LIKE 'usr~_%' ESCAPE '~'") == 0)
    #expect(try database.count("SELECT count(*) FROM conversations WHERE user_id NOT LIKE 'usr~_%' ESCAPE '~'") == 38)
    #expect(try database.count("SELECT count(*) FROM messages WHERE user_id NOT LIKE 'usr~_%' ESCAPE '~'") == 0)
    #expect(
      try database.count(
        "SELECT count(*) FROM shares, json_each(shared_with) WHERE owner_id || value LIKE '%@%' OR value GLOB '1*'")
        == 0)
    #expect(try database.count("SELECT count(*) FROM stella_effects") == 1)
    try harness.checkLog()

    // The same trouble once more has nothing left to change.
    harness.time.advance(by: 7200 * 1_000_000_000)
    #expect(try harness.remediation.propose(alert(MigrationDatabase.user(3))) == nil)
    #expect(try harness.runs(.noChange).count == 1)

    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    #expect(undoing.rowCount == run.rowCount)
    _ = try harness.vote(undoing, by: "ivo")
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try harness.run(run.id).state == .rolledBack)
    #expect(try database.dump() == before)
    try harness.checkLog()
  }

  @Test("A row that changes between the plan and the effect supersedes the run: its new plan is decided on anew")
  func drift() throws {
    let run = try #require(try harness.remediation.propose(alert()))
    _ = try harness.vote(run, by: "mara")
    try database.queue.write {
      try $0.execute(
        sql: "INSERT INTO conversations VALUES (5000, ?, 'new', 0)", arguments: [MigrationDatabase.user(1)])
    }
    let before = try database.dump()
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    #expect(try database.dump() == before)
    let next = try harness.run(try #require(try harness.run(run.id).supersededBy))
    #expect(next.state == .awaiting && next.rowCount == run.rowCount + 1)
  }

  @Test("A row that somebody changed after the run is left alone by its rollback, and everything else with it")
  func conflict() throws {
    let run = try #require(try harness.remediation.propose(alert()))
    _ = try harness.vote(run, by: "mara")
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.succeeded])
    try database.queue.write { try $0.execute(sql: "UPDATE conversations SET user_id = 'usr_else' WHERE id = 7") }
    let before = try database.dump()
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    #expect(try runner.turn().map(\.state) == [.failed])
    #expect(try harness.run(run.id).state == .rollbackConflict)
    // Which row it is must not have to be looked for.
    #expect(try harness.steps(undoing.id).contains { $0.detail.contains(": id = 7. Nothing was restored") })
    #expect(try database.dump() == before)
    try harness.checkLog()
  }

  @Test("What a fix may not change is said with whose limit it is, or with the name that is meant")
  func limits() throws {
    func why(_ effects: String) throws -> String {
      harness.load(
        """
        return fix {
          api = 1, id = "few", title = "Few", targets = { "app-db" }, max_rows = 2,
          plan = function(ctx, p) return { \(effects) } end,
        }
        """)
      return try harness.remediation.preview("few", parameters: []).run.detail
    }
    func update(_ id: Int, table: String = "conversations") -> String {
      #"sql.update { target = "app-db", table = "\#(table)", where = { id = \#(id) }, set = { user_id = "x" } },"#
    }
    let several = try why(update(7) + update(8) + update(9))
    #expect(
      several
        == "3 rows would change and at most 2 may, by max_rows of the fix. Narrow the selectors, or raise max_rows "
        + "in the fix.", "\(several)")
    let one = try why(
      #"sql.update { target = "app-db", table = "conversations", where = { user_id = "\#(MigrationDatabase.user(1))" }, "#
        + #"set = { title = "x" } }"#)
    #expect(
      one.contains("more than 2 rows of conversations would change.") && one.contains("max_rows of the"), "\(one)")
    let misspelt = try why(update(7, table: "conversation"))
    #expect(
      misspelt.contains("there is no table conversation. Did you mean conversations? Correct the fix."), "\(misspelt)")
  }

  @Test("What a fix would change is shown without a trace of it")
  func preview() throws {
    let preview = try harness.remediation.preview(
      "migrate-user-id", parameters: [.init("user_id", .string(MigrationDatabase.user(1)))])
    #expect(preview.plan?.rowCount == 1122)
    #expect(try harness.runs().isEmpty)
  }
}
