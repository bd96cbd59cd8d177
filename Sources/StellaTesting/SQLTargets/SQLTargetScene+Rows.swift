import StellaModel
import StellaRemediation

extension SQLTargetScene {
  func makeJobs() throws {
    try bench.execute(
      """
      CREATE TABLE jobs (id INTEGER PRIMARY KEY, status TEXT, attempt INTEGER NOT NULL, note TEXT);
      INSERT INTO jobs VALUES (1, 'stuck', 1, NULL), (2, 'stuck', 2, 'b'), (3, 'done', 1, 'c'), (4, NULL, 0, 'd')
      """)
  }

  func updatesAndRestores() throws {
    try makeJobs()
    let effect = update("jobs", ["status": "stuck"], ["status": "queued", "note": .null])
    let applied = try roundTrip([effect])
    let prepared = applied.plan.content.effects[0]
    try equal(
      prepared.rows,
      [
        RowChange(
          key: ["id": 1], before: ["status": "stuck", "note": .null], after: ["status": "queued", "note": .null]),
        RowChange(key: ["id": 2], before: ["status": "stuck", "note": "b"], after: ["status": "queued", "note": .null]),
      ])
    try equal(prepared.precondition, .rows(exactly: 2))
    try equal(applied.results, [[]])
    // Null selects null, and by the key alone a row can be changed as well.
    try roundTripAgain([update("jobs", ["status": .null], ["status": "found"])])
    try roundTripAgain([update("jobs", ["id": 3], ["attempt": 7])])
  }

  private func roundTripAgain(_ effects: [Effect]) throws {
    try bench.execute("DELETE FROM stella_effects")
    try roundTrip(effects)
  }

  func leavesOutWhatIsSo() throws {
    try makeJobs()
    try bench.execute("UPDATE jobs SET note = 'same' WHERE id = 1")
    let effect = update("jobs", ["status": "stuck"], ["note": "same"])
    let applied = try roundTrip([effect])
    try equal(applied.plan.content.effects[0].rows.map(\.key), [["id": 2]])
    try equal(try prepared([update("jobs", ["status": "nowhere"], ["note": "x"])])[0].rows, [])
    try equal(try prepared([delete("jobs", ["status": "nowhere"])])[0].rows, [])
    try bench.execute("UPDATE jobs SET note = 'same'")
    try equal(try prepared([effect])[0].rows, [])
  }

  func insertsAndRestores() throws {
    try bench.execute("CREATE TABLE items (id \(kind.madeKey), name TEXT NOT NULL, made TEXT DEFAULT 'by default')")
    try bench.execute("INSERT INTO items (name) VALUES ('there')")
    let effect = insert("items", [["name": "a"], ["name": "b"]], returning: ["id", "made"])
    let applied = try roundTrip([effect])
    let rows = applied.plan.content.effects[0].rows
    try equal(rows.map(\.key), [["id": try result("e1.id")], ["id": try result("e1[2].id")]])
    try equal(rows.map(\.after), [["name": "a"], ["name": "b"]])
    try equal(applied.results[0].map { $0["made"] }, ["by default", "by default"])
    // A key that the effect gives, and a table without any.
    try bench.execute("CREATE TABLE codes (code TEXT PRIMARY KEY, n INTEGER); CREATE TABLE bag (n INTEGER)")
    try bench.execute("DELETE FROM stella_effects")
    let given = try roundTrip([insert("codes", [["code": "x", "n": 1]])])
    try equal(given.plan.content.effects[0].rows, [RowChange(key: ["code": "x"], before: nil, after: ["n": 1])])
    try bench.execute("DELETE FROM stella_effects")
    let bag = try apply([insert("bag", [["n": 1], ["n": 1]])])
    try equal(bag.plan.irreversible.map(\.effect), [1])
    try equal(try ask("SELECT n FROM bag"), [[.integer(1)], [.integer(1)]])
    let failure = try refused(.refused) { try prepared([insert("items", [["name": "c"]])]) }
    try expect(failure.message.contains("returning"), failure.message)
  }

  func refersToResults() throws {
    try bench.execute(
      """
      CREATE TABLE users (id \(kind.madeKey), name TEXT);
      CREATE TABLE chats (id \(kind.madeKey), owner BIGINT REFERENCES users (id), title TEXT);
      CREATE TABLE homes (owner BIGINT PRIMARY KEY REFERENCES users (id), place TEXT);
      INSERT INTO users (name) VALUES ('mara'); INSERT INTO chats (owner, title) VALUES (NULL, 'lost')
      """)
    let applied = try roundTrip([
      insert("users", [["name": "ivo"], ["name": "ada"]], returning: ["id"]),
      insert("chats", [["owner": try result("e1[2].id"), "title": "hers"]], returning: ["id"]),
      insert("homes", [["owner": try result("e1.id"), "place": "here"]]),
      update("chats", ["owner": .null], ["owner": try result("e1.id")]),
    ])
    try equal(applied.plan.content.effects[2].rows.map(\.key), [["owner": try result("e1.id")]])
    try equal(applied.plan.content.effects[3].rows.map(\.after), [["owner": try result("e1.id")]])
    try equal(applied.results.map(\.count), [2, 1, 1, 0])
    try refused(.refused) { try prepared([update("chats", ["title": "lost"], ["owner": try result("e7.id")])]) }
  }

  func deletesAndRestores() throws {
    try bench.execute(
      """
      CREATE TABLE docs (id TEXT PRIMARY KEY, kind TEXT, body \(kind.bytes), score DOUBLE PRECISION, n BIGINT,
        twice BIGINT GENERATED ALWAYS AS (n * 2) STORED);
      INSERT INTO docs (id, kind, body, score, n) VALUES ('a', 'old', \(kind.hexadecimal("00ff0a")), 0.1, -1),
        ('b', 'old', NULL, 1e300, NULL), ('c', 'new', \(kind.hexadecimal("")), NULL, 9223372036854775807 / 2)
      """)
    let applied = try roundTrip([delete("docs", ["kind": "old"])])
    let row = applied.plan.content.effects[0].rows[0]
    try equal(row.key, ["id": "a"])
    try equal(
      row.before,
      ["kind": "old", "body": .bytes([0, 255, 10]), "score": .double(0.1), "n": -1, "twice": -2])
    // A key that the database alone makes comes back too.
    try bench.execute("CREATE TABLE items (id \(kind.madeKey), name TEXT); INSERT INTO items (name) VALUES ('a'), ('b')")
    try bench.execute("DELETE FROM stella_effects")
    try roundTrip([delete("items", ["name": "a"])])
  }

  func takesCompositeKeys() throws {
    try bench.execute(
      """
      CREATE TABLE shares (room TEXT, member TEXT, level INTEGER, PRIMARY KEY (member, room));
      INSERT INTO shares VALUES ('r1', 'a', 1), ('r1', 'b', 1), ('r2', 'a', 1)
      """)
    let applied = try roundTrip([
      update("shares", ["room": "r1"], ["level": 2]), delete("shares", ["room": "r2"]),
      insert("shares", [["room": "r3", "member": "a", "level": 1]]),
    ])
    try equal(applied.plan.content.effects[0].rows.map(\.key), [["member": "a", "room": "r1"], ["member": "b", "room": "r1"]])
    try bench.execute("DELETE FROM stella_effects")
    try roundTrip([update("shares", ["member": "a"], ["member": "usr_a"])])
  }

  func changesKeys() throws {
    try bench.execute(
      """
      CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT); INSERT INTO users VALUES ('mara@example.org', 'Mara');
      CREATE TABLE chats (id INTEGER PRIMARY KEY, owner TEXT); INSERT INTO chats VALUES (1, 'mara@example.org')
      """)
    let applied = try roundTrip([
      update("users", ["id": "mara@example.org"], ["id": "usr_9c41"]),
      update("chats", ["owner": "mara@example.org"], ["owner": "usr_9c41"]),
      update("users", ["id": "usr_9c41"], ["name": "M"]),
    ])
    try equal(
      applied.plan.content.effects[0].rows,
      [RowChange(key: ["id": "mara@example.org"], before: [:], after: ["id": "usr_9c41"])])
  }

  func changesARowTwice() throws {
    try makeJobs()
    try roundTrip([
      update("jobs", ["status": "stuck"], ["status": "queued"]),
      update("jobs", ["status": "queued"], ["status": "running", "attempt": 3]),
      delete("jobs", ["id": 2]), insert("jobs", [["id": 2, "status": "again", "attempt": 0]]),
    ])
  }

  func keepsEveryValue() throws {
    let type = kind == .postgres ? "TEXT" : ""
    try bench.execute(
      "CREATE TABLE odd (id INTEGER PRIMARY KEY, t \(type), n BIGINT, d DOUBLE PRECISION, b \(kind.bytes), x TEXT)")
    let texts: [String] = [
      "", "é", "e\u{301}", "'; drop table odd; --", "\"", "\\x00", "$1 ? ?1", "\u{1F600}\u{202E}", "line\r\nline\t",
      String(repeating: "ü", count: 70_000),
    ]
    let integers: [Int64] = [.min, -1, 0, 1, .max]
    let doubles: [Double] = [0.1, -0.0, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1 / 3, 1e22, 123456789.125]
    let blobs: [[UInt8]] = [[], [0], Array(0...255), Array("text".utf8)]
    var rows: [NamedValues] = []
    for index in 0..<10 {
      rows.append([
        "id": .integer(Int64(index)), "t": .text(texts[index]), "n": .integer(integers[index % 5]),
        "d": .double(doubles[index % 7]), "b": .bytes(blobs[index % 4]), "x": "old",
      ])
    }
    _ = try apply([insert("odd", rows)], run: "r-0")
    let inserted = try viewing { try $0.prepare(numbered([delete("odd", ["x": "old"])])) }[0].rows
    for (row, change) in zip(rows, inserted.sorted { $0.key["id"].map(Self.number) ?? 0 < $1.key["id"].map(Self.number) ?? 0 })
    {
      try equal(change.before?["t"], row["t"])
      try equal(change.before?["n"], row["n"])
      try equal(change.before?["b"], row["b"])
      // SQLite keeps a whole number in a column of reals as an integer, which has no negative zero.
      try expect(change.before?["d"] == row["d"] || row["d"] == .double(-0.0), "\(change)")
    }
    switch kind {
    case .sqlite:
      try bench.execute("INSERT INTO odd VALUES (20, CAST(x'610062' AS TEXT), NULL, 9e999, NULL, 'old'), (21, 1.5, 7, -9e999, x'00', 'old'), (22, 7, 7, 7, 7, 'old'), (23, x'ff', 0, 0, 'text', 'old')")
    case .postgres:
      try bench.execute("INSERT INTO odd VALUES (20, 'x', NULL, 'Infinity', NULL, 'old'), (21, 'y', 1, 'NaN', '', 'old'), (22, 'y', 1, '-Infinity', '', 'old')")
    }
    try roundTrip([update("odd", ["x": "old"], ["x": "new", "t": "é"]), delete("odd", ["x": "new"])])
  }

  private static func number(_ value: EffectValue) -> Int64 {
    guard case .integer(let number) = value else { return .min }
    return number
  }

  func takesManyRows() throws {
    try bench.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, status TEXT)")
    let rows = (1...1500).map { "(\($0), '\($0 % 3 == 0 ? "other" : "stuck")')" }.joined(separator: ", ")
    try bench.execute("INSERT INTO many VALUES \(rows)")
    let applied = try roundTrip([update("many", ["status": "stuck"], ["status": "queued"])])
    try equal(applied.plan.rowCount, 1000)
  }
}
