import StellaModel
import StellaRemediation

extension SQLTargetScene {
  func refusesTablesWithoutKey() throws {
    try bench.execute("CREATE TABLE bag (n INTEGER); INSERT INTO bag VALUES (1)")
    for effect in [update("bag", ["n": 1], ["n": 2]), delete("bag", ["n": 1])] {
      let error = try refused(.refused) { try prepared([effect]) }
      try expect(error.message.contains("primary key") && error.message.hasPrefix("e1: "), error.message)
    }
  }

  func refusesWhatIsNotThere() throws {
    try makeJobs()
    for (effect, hint) in [
      (update("job", ["id": 1], ["note": "x"]), "Did you mean jobs?"),
      (update("Jobs", ["id": 1], ["note": "x"]), "Did you mean jobs?"),
      (update("jobs", ["id": 1], ["notes": "x"]), "Did you mean note?"),
      (update("jobs", ["ID": 1], ["note": "x"]), "Did you mean id?"),
      (delete("jobs", ["stats": 1]), "Did you mean status?"),
      (insert("jobs", [["id": 9, "attemt": 1]]), "Did you mean attempt?"),
      (insert("jobs", [["attempt": 9]], returning: ["idd"]), "Did you mean id?"),
      (delete("jobs; DROP TABLE jobs", ["id": 1]), "there is no table"),
    ] {
      let error = try refused(.refused) { try prepared([effect]) }
      try expect(error.message.contains(hint), error.message)
    }
  }

  func refusesWhatIsNotForEffects() throws {
    try makeJobs()
    try bench.execute("CREATE VIEW stuck AS SELECT * FROM jobs WHERE status = 'stuck'")
    let system = kind == .sqlite ? "sqlite_schema" : "pg_catalog.pg_class"
    for table in ["stuck", "stella_effects", system] {
      try refused(.refused) { try prepared([update(table, ["id": 1], ["note": "x"])]) }
      try refused(.refused) { try prepared([insert(table, [["id": 1]])]) }
    }
    try refused(.refused) { try prepared([.sqlRestore(Effect.SQLRestore(target: "db", table: "jobs"))]) }
  }

  func refusesBrokenConstraints() throws {
    try bench.execute(
      """
      CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, age INTEGER NOT NULL CHECK (age > 0));
      CREATE TABLE chats (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id));
      INSERT INTO users VALUES (1, 'first-secret@example.org', 30), (2, 'second-secret@example.org', 40);
      INSERT INTO chats VALUES (1, 1)
      """)
    let before = try bench.dump()
    for effect in [
      update("users", ["id": 2], ["mail": "first-secret@example.org"]), update("users", ["id": 2], ["age": .null]),
      update("users", ["id": 2], ["age": -5]), delete("users", ["id": 1]),
      insert("chats", [["id": 2, "owner": 77]]), insert("chats", [["id": 1, "owner": 1]]),
      update("users", ["id": 1], ["id": 5]),
    ] {
      let error = try refused(.refused) { try prepared([effect]) }
      try expect(!error.message.contains("secret"), "a value of a row is in: \(error.message)")
    }
    // Together they are well.
    try roundTrip([delete("chats", ["owner": 1]), delete("users", ["id": 1])])
    try equal(try bench.dump(), before)
  }

  func refusesActionsOfForeignKeys() throws {
    try bench.execute(
      """
      CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE chats (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE);
      INSERT INTO users VALUES (1, 'a'), (2, 'b'); INSERT INTO chats VALUES (1, 1), (2, 1)
      """)
    for effect in [delete("users", ["id": 1]), update("users", ["id": 1], ["id": 9])] {
      let error = try refused(.refused) { try prepared([effect]) }
      try expect(error.message.contains("chats"), error.message)
    }
    try roundTrip([
      update("users", ["id": 1], ["name": "c"]), delete("users", ["id": 2]), delete("chats", ["owner": 1]),
      delete("users", ["id": 1]),
    ])
  }

  func keepsToTheRowLimit() throws {
    try makeJobs()
    for effect in [
      update("jobs", ["status": "stuck"], ["note": "x"]), delete("jobs", ["status": "stuck"]),
      insert("jobs", [["id": 8, "attempt": 1], ["id": 9, "attempt": 1]]),
    ] {
      try refused(.overLimit) { try prepared([effect], rowLimit: 1) }
      try equal(try prepared([effect], rowLimit: 2)[0].rows.count, 2)
    }
  }

  func changesNothingByPreparing() throws {
    try makeJobs()
    try bench.execute("CREATE TABLE items (id \(kind.madeKey), name TEXT)")
    let before = try bench.dump()
    let effects = [
      update("jobs", ["status": "stuck"], ["note": "x"]), delete("jobs", ["note": "x"]),
      insert("items", [["name": "a"]], returning: ["id"]),
    ]
    try viewing { view in
      let first = try view.prepare(numbered(effects))
      try equal(try view.answer(question("SELECT count(*) FROM jobs")).rows, [[.integer(4)]])
      // The same view again, after a failure in between, and the lock's.
      try refused(.refused) { try view.prepare(numbered(effects + [delete("nowhere", ["id": 1])])) }
      try equal(try view.prepare(numbered(effects)).map(\.rows), first.map(\.rows))
    }
    try equal(try bench.dump(), before)
    let lock = try target.lock()
    _ = try lock.prepare(numbered(effects))
    lock.close()
    lock.close()
    try equal(try bench.dump(), before)
    let view = try target.view()
    view.close()
    try refused(.unavailable) { try view.prepare(numbered(effects)) }
  }
}
