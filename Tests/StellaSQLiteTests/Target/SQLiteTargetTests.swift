import Foundation
import StellaModel
import StellaRemediation
import StellaTesting
import Testing

@testable import StellaSQLite

@Suite("A SQLite target")
struct SQLiteTargetTests {
  @Test("It keeps the promises of every database target, in WAL mode", arguments: SQLTargetPromise.allCases)
  func keeps(promise: SQLTargetPromise) throws { try promise.prove(on: SQLiteBench()) }

  @Test(
    "It keeps them with a rollback journal too", arguments: SQLTargetPromise.allCases.filter { $0 != .answersQuestions }
  )
  func keepsWithJournal(promise: SQLTargetPromise) throws { try promise.prove(on: SQLiteBench(journal: "DELETE")) }

  static func update(_ table: String, _ selector: NamedValues, _ set: NamedValues) -> [NumberedEffect] {
    [
      NumberedEffect(
        1, .sqlUpdate(Effect.SQLUpdate(target: "db", table: table, selector: selector, set: set)), rowLimit: 100)
    ]
  }

  static func delete(_ table: String, _ selector: NamedValues) -> [NumberedEffect] {
    [NumberedEffect(1, .sqlDelete(Effect.SQLDelete(target: "db", table: table, selector: selector)), rowLimit: 100)]
  }

  func prepare(_ bench: SQLiteBench, _ effects: [NumberedEffect]) throws -> [PreparedEffect] {
    let view = try bench.sqlite.view()
    defer { view.close() }
    return try view.prepare(effects)
  }

  @Test("After-values are those that SQLite stores: by affinity, by triggers, and exact in strict tables")
  func stored() throws {
    let bench = try SQLiteBench(
      schema: """
        CREATE TABLE loose (id INTEGER PRIMARY KEY, n INTEGER, t TEXT, r REAL, any, log TEXT);
        INSERT INTO loose VALUES (1, 0, '', 0, NULL, '');
        CREATE TRIGGER log AFTER UPDATE OF t ON loose BEGIN UPDATE loose SET log = new.t || '!' WHERE id = new.id; END;
        CREATE TABLE firm (id TEXT PRIMARY KEY, n INTEGER, any ANY) STRICT, WITHOUT ROWID;
        INSERT INTO firm VALUES ('a', 1, '007')
        """)
    let loose = try prepare(
      bench, Self.update("loose", ["id": "1"], ["n": "12", "t": 5, "r": 7, "any": .bool(true), "log": "x"]))
    #expect(loose[0].rows.map(\.key) == [["id": 1]])
    #expect(loose[0].rows[0].after == ["n": 12, "t": "5", "r": .double(7), "any": 1, "log": "5!"])
    let firm = try prepare(bench, Self.update("firm", ["any": "007"], ["n": "3", "any": 7]))
    #expect(firm[0].rows == [RowChange(key: ["id": "a"], before: ["any": "007", "n": 1], after: ["n": 3, "any": 7])])
    let error = #expect(throws: TargetError.self) { try prepare(bench, Self.update("firm", ["id": "a"], ["n": "x"])) }
    #expect(error?.code == .refused)
  }

  @Test("A key column that isn't the row id is found by its storage class and its collation")
  func keys() throws {
    let bench = try SQLiteBench(
      schema: """
        CREATE TABLE a (k COLLATE NOCASE PRIMARY KEY, n INTEGER); INSERT INTO a VALUES ('Ä', 1), ('B', 1), (2, 1), ('2', 1);
        CREATE TABLE b (k TEXT PRIMARY KEY, n INTEGER); INSERT INTO b VALUES (NULL, 1)
        """)
    let rows = try prepare(bench, Self.update("a", ["n": 1], ["n": 2]))[0].rows
    #expect(Set(rows.map(\.key)) == [["k": "Ä"], ["k": "B"], ["k": 2], ["k": "2"]])
    #expect(try prepare(bench, Self.update("a", ["k": "b"], ["n": 2]))[0].rows.map(\.key) == [["k": "B"]])
    let error = #expect(throws: TargetError.self) { try prepare(bench, Self.update("b", ["n": 1], ["n": 2])) }
    #expect(error?.message.contains("null in its primary key") == true)
  }

  @Test(
    "A table that lets new rows push others out is refused instead, and so are text that isn't UTF-8 and virtual tables"
  )
  func refusals() throws {
    let bench = try SQLiteBench(
      schema: """
        CREATE TABLE a (id INTEGER PRIMARY KEY, u TEXT UNIQUE ON CONFLICT REPLACE); INSERT INTO a VALUES (1, 'x'), (2, 'y');
        CREATE TABLE b (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO b VALUES (1, CAST(x'ff' AS TEXT));
        CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('words to find')
        """)
    for (effects, word) in [
      (Self.update("a", ["id": 2], ["u": "x"]), "UNIQUE"), (Self.delete("b", ["id": 1]), "UTF-8"),
      (Self.delete("f", ["body": "x"]), "virtual"), (Self.delete("f_data", ["id": 1]), "shadow"),
    ] {
      let error = #expect(throws: TargetError.self) { try prepare(bench, effects) }
      #expect(error?.code == .refused && error?.message.contains(word) == true, "\(String(describing: error))")
    }
    let view = try bench.sqlite.view()
    defer { view.close() }
    let question = FixQuery(
      target: "db", statement: "SELECT body FROM f WHERE f MATCH ?", arguments: [.string("find")], rowLimit: 10,
      byteLimit: 1000)
    #expect(try view.answer(question).rows == [[.string("words to find")]])
  }

  @Test("Rows that refer to each other within one table can go together")
  func tree() throws {
    let bench = try SQLiteBench(
      schema: """
        CREATE TABLE nodes (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES nodes (id), tag TEXT);
        INSERT INTO nodes VALUES (1, NULL, 'x'), (2, 1, 'x'), (3, 2, 'x'), (4, NULL, 'y')
        """)
    let before = try bench.dump()
    let view = try bench.sqlite.view()
    let prepared = try view.prepare(Self.delete("nodes", ["tag": "x"]))
    view.close()
    #expect(prepared[0].rows.count == 3)
    let lock = try bench.sqlite.lock()
    let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
    func marker(_ run: String) -> EffectMarker {
      EffectMarker(store: "s", run: run, group: 1, digest: digest, epoch: 1)
    }
    _ = try lock.apply(prepared, from: 1, marker: marker("a"))
    #expect(try bench.dump().count == 1)
    let back = PreparedEffect(
      .sqlRestore(Effect.SQLRestore(target: "db", table: "nodes")), class: .tx, precondition: .rows(exactly: 3),
      rowLimit: 3,
      rows: prepared[0].rows.reversed().map(\.reversed), undo: .restore)
    _ = try bench.sqlite.lock().apply([back], from: 1, marker: marker("b"))
    #expect(try bench.dump() == before)
  }

  @Test(
    "A file that isn't there, isn't SQLite's or is put in another's place is told from the one that was planned for")
  func places() throws {
    let bench = try SQLiteBench()
    let missing = SQLiteTarget(name: "db", path: bench.directory("missing.db"))
    #expect(throws: TargetError.self) { _ = try missing.view() }
    #expect(missing.problems().count == 1)
    #expect(!FileManager.default.fileExists(atPath: missing.path))
    try Data(repeating: 0x41, count: 4096).write(to: URL(fileURLWithPath: bench.directory("text.db")))
    let text = SQLiteTarget(name: "db", path: bench.directory("text.db"))
    let error = #expect(throws: TargetError.self) { _ = try text.view() }
    #expect(error?.code == .refused && error?.message.contains("correct `path` of db in stella.yaml") == true)

    let view = try bench.sqlite.view()
    let identity = try view.identity()
    view.close()
    let lock = try bench.sqlite.lock()
    let path = bench.sqlite.path
    try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
    #expect(rename(path + ".copy", path) == 0)
    let replaced = #expect(throws: TargetError.self) {
      let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
      _ = try lock.apply([], from: 1, marker: EffectMarker(store: "s", run: "r", group: 1, digest: digest, epoch: 1))
    }
    #expect(replaced?.code == .unavailable)
    let copy = try bench.sqlite.view()
    defer { copy.close() }
    #expect(try copy.identity().physicalID != identity.physicalID)
  }

  @Test("A commit that readers hold up is busy, and nothing was changed")
  func heldUp() throws {
    let bench = try SQLiteBench(
      journal: "DELETE", schema: "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO a VALUES (1, 1)")
    let prepared = try prepare(bench, Self.update("a", ["id": 1], ["n": 2]))
    let before = try bench.dump()
    let reader = try bench.sqlite.view()
    let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
    let marker = EffectMarker(store: "s", run: "r", group: 1, digest: digest, epoch: 1)
    let error = #expect(throws: TargetError.self) {
      _ = try bench.sqlite.lock().apply(prepared, from: 1, marker: marker)
    }
    #expect(error?.code == .busy)
    reader.close()
    #expect(try bench.dump() == before)
    _ = try bench.sqlite.lock().apply(prepared, from: 1, marker: marker)
    #expect(try bench.dump() != before)
  }
}
