#if Postgres
  import Foundation
  import StellaModel
  import StellaTesting
  import Testing

  @testable import StellaPostgres

  /// Against a real server; `Scripts/test-traits.sh` starts one and says where.
  @Suite("A PostgreSQL target")
  struct PostgresTargetTests {
    @Test("It keeps the promises of every database target", arguments: SQLTargetPromise.allCases)
    func keeps(promise: SQLTargetPromise) throws { try promise.prove(on: PostgresBench()) }

    static func update(_ table: String, _ selector: NamedValues, _ set: NamedValues) -> [NumberedEffect] {
      let effect = Effect.SQLUpdate(target: "db", table: table, selector: selector, set: set)
      return [NumberedEffect(1, .sqlUpdate(effect), rowLimit: 100)]
    }

    static func delete(_ table: String, _ selector: NamedValues) -> [NumberedEffect] {
      [NumberedEffect(1, .sqlDelete(Effect.SQLDelete(target: "db", table: table, selector: selector)), rowLimit: 100)]
    }

    static func marker(_ run: String = "r", store: String = "s", epoch: Int64 = 1) throws -> EffectMarker {
      let digest = try #require(PlanDigest("sha256:" + String(repeating: "0", count: 64)))
      return EffectMarker(store: store, run: run, group: 1, digest: digest, epoch: epoch)
    }

    func prepare(_ bench: PostgresBench, _ effects: [NumberedEffect]) throws -> [PreparedEffect] {
      let view = try bench.postgres.view()
      defer { view.close() }
      return try view.prepare(effects)
    }

    func restore(_ prepared: PreparedEffect, _ table: String) -> PreparedEffect {
      PreparedEffect(
        .sqlRestore(Effect.SQLRestore(target: "db", table: table)), class: .tx,
        precondition: .rows(exactly: prepared.rows.count), rowLimit: prepared.rows.count,
        rows: prepared.rows.reversed().map(\.reversed), undo: .restore)
    }

    @Test("Values of every type are read and written back exactly, whatever the database's own settings")
    func types() throws {
      let bench = try PostgresBench(
        schema: """
          CREATE TYPE mood AS ENUM ('sad', 'ok');
          CREATE DOMAIN age AS integer CHECK (VALUE > 0);
          CREATE TYPE pair AS (a integer, b text);
          CREATE TABLE odd (id uuid PRIMARY KEY, n numeric, money_like numeric(12, 4), at timestamptz, day date, t time,
            span interval, doc json, docb jsonb, list integer[], texts text[], feel mood, years age, small smallint, r real,
            c char(5), v varchar(10), yes boolean, raw bytea, net inet, bits bit(3), p pair, span2 int4range, cash money,
            x text, s xml, only_stored numeric GENERATED ALWAYS AS (n * 2) STORED);
          INSERT INTO odd VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 12345678901234567890.12345678901234567890, 1.5,
            '2025-03-30 01:59:59.123456+01', '0044-03-15 BC', '23:59:59.999999', '1 year 2 mons -3 days 04:05:06.789',
            '{"b": 1,  "a": [1, 2.50]}', '{"b": 1, "a": 1e400}', '{1,NULL,3}', '{"a,b","q\\"u",NULL,"NULL"}', 'sad', 7, -3,
            0.1, 'ab', 'ü', true, '\\x00ff', '10.0.0.0/8', B'101', '(1,"x y")', '[1,5)', '12.34', 'old', '<a>x</a>');
          INSERT INTO odd (id, n, at, r, x) VALUES ('b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'NaN', 'infinity', 'NaN', 'old')
          """)
      // Another default can't make the same value another text.
      for setting in [
        "datestyle = 'SQL, DMY'", "timezone = 'Asia/Kathmandu'", "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
      ] {
        let first = try prepare(bench, Self.delete("odd", ["x": "old"]))[0].rows
        try bench.execute("ALTER DATABASE \(bench.database) SET \(setting)")
        #expect(try prepare(bench, Self.delete("odd", ["x": "old"]))[0].rows == first, "\(setting)")
      }
      let rows = try prepare(bench, Self.delete("odd", ["x": "old"]))[0].rows
      let before = try #require(rows.first { $0.key == ["id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"] }?.before)
      #expect(before["n"] == "12345678901234567890.12345678901234567890")
      #expect(before["at"] == "2025-03-30 00:59:59.123456+00")
      #expect(before["doc"] == "{\"b\": 1,  \"a\": [1, 2.50]}")
      #expect(before["years"] == 7 && before["small"] == -3 && before["r"] == .double(Double("0.1") ?? 0))
      #expect(before["yes"] == .bool(true) && before["raw"] == .bytes([0, 255]) && before["c"] == "ab   ")
      let dump = try bench.dump()
      for (run, effects) in [
        ("delete", Self.delete("odd", ["x": "old"])),
        (
          "update",
          Self.update(
            "odd", ["x": "old"],
            [
              "n": 1, "at": "2020-01-01T00:00:00+02:00", "doc": "{}", "docb": "{\"a\":1}", "list": "{}", "texts": .null,
              "feel": "ok", "years": 8, "r": .double(0.3), "c": "z", "raw": .bytes([]), "bits": "000", "cash": "1",
              "yes": .bool(false), "span": "1 day", "t": "00:00",
            ])
        ),
      ] {
        let prepared = try prepare(bench, effects)
        #expect(prepared[0].rows.count == 2)
        _ = try bench.postgres.lock().apply(prepared, from: 1, marker: Self.marker(run))
        #expect(try bench.dump() != dump)
        let back = restore(prepared[0], "odd")
        _ = try bench.postgres.lock().apply([back], from: 1, marker: Self.marker(run + " back"))
        #expect(try bench.dump() == dump)
      }
      for set in [["years": 0], ["small": 70000], ["v": "longer than ten"], ["feel": "hush"], ["n": "hush"]]
        as [NamedValues]
      {
        let error = #expect(throws: TargetError.self) { try prepare(bench, Self.update("odd", ["x": "old"], set)) }
        #expect(error?.code == .refused && error?.message.contains("hush") == false, "\(String(describing: error))")
      }
    }

    @Test("Tables are found by their schema, partitioned ones too; views and the like are told from them")
    func relations() throws {
      let bench = try PostgresBench(
        schema: """
          CREATE SCHEMA side; CREATE TABLE side."Odd ""name x" (id integer PRIMARY KEY, n integer);
          INSERT INTO side."Odd ""name x" VALUES (1, 1);
          CREATE TABLE parts (day date, id integer, n integer, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
          CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
          CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
          INSERT INTO parts VALUES ('2025-01-05', 1, 1), ('2025-02-05', 2, 1);
          CREATE MATERIALIZED VIEW seen AS SELECT 1 AS id
          """)
      #expect(try prepare(bench, Self.update("side.Odd \"name x", ["id": 1], ["n": 2]))[0].rows.count == 1)
      let dump = try bench.dump()
      let prepared = try prepare(bench, Self.update("parts", ["n": 1], ["day": "2025-02-20"]))
      #expect(prepared[0].rows.count == 2)
      _ = try bench.postgres.lock().apply(prepared, from: 1, marker: Self.marker())
      #expect(try bench.dump() != dump)
      _ = try bench.postgres.lock().apply([restore(prepared[0], "parts")], from: 1, marker: Self.marker("back"))
      #expect(try bench.dump() == dump)
      for (table, word) in [
        ("seen", "materialized view"), ("side.nowhere", "no table"), ("information_schema.tables", "Stella"),
      ] {
        let error = #expect(throws: TargetError.self) { try prepare(bench, Self.delete(table, ["id": 1])) }
        #expect(error?.message.contains(word) == true, "\(String(describing: error))")
      }
    }

    @Test("Constraints that are put off are checked before a plan is made, and before it commits")
    func deferred() throws {
      let bench = try PostgresBench(
        schema: """
          CREATE TABLE users (id integer PRIMARY KEY);
          CREATE TABLE chats (id integer PRIMARY KEY,
            owner integer REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);
          INSERT INTO users VALUES (1); INSERT INTO chats VALUES (1, 1)
          """)
      let error = #expect(throws: TargetError.self) { try prepare(bench, Self.delete("users", ["id": 1])) }
      #expect(error?.code == .refused && error?.message.contains("foreign key") == true)
      let both =
        Self.delete("users", ["id": 1]) + [
          NumberedEffect(
            2, .sqlDelete(Effect.SQLDelete(target: "db", table: "chats", selector: ["id": 1])), rowLimit: 9)
        ]
      let prepared = try prepare(bench, both)
      let dump = try bench.dump()
      try bench.execute("INSERT INTO chats VALUES (2, 1)")
      let drift = #expect(throws: TargetError.self) {
        try bench.postgres.lock().apply(prepared, from: 1, marker: Self.marker())
      }
      #expect(drift?.code == .drifted)
      try bench.execute("DELETE FROM chats WHERE id = 2")
      #expect(try bench.dump() == dump)
      _ = try bench.postgres.lock().apply(prepared, from: 1, marker: Self.marker())
      #expect(try bench.dump().isEmpty)
    }

    @Test("A role with rights on its tables alone is enough, and what it may not do is refused")
    func role() throws {
      let role = "stella_test_" + UUID().uuidString.prefix(8).lowercased()
      let bench = try PostgresBench(
        schema: """
          CREATE ROLE \(role) LOGIN; CREATE TABLE jobs (id integer PRIMARY KEY, note text);
          CREATE TABLE pay (id integer PRIMARY KEY, note text); INSERT INTO jobs VALUES (1, 'a'); INSERT INTO pay VALUES (1, 'a');
          GRANT SELECT, UPDATE ON jobs TO \(role); GRANT SELECT ON pay TO \(role)
          """, user: role)
      defer { try? bench.execute("DROP OWNED BY \(role); DROP ROLE \(role)") }
      #expect(bench.postgres.problems().count == 1)
      #expect(bench.postgres.warnings().isEmpty)
      try bench.execute("GRANT SELECT, INSERT ON stella_effects TO \(role)")
      #expect(bench.postgres.problems().isEmpty)
      try bench.postgres.prepareMarkers()
      let prepared = try prepare(bench, Self.update("jobs", ["id": 1], ["note": "b"]))
      _ = try bench.postgres.lock().apply(prepared, from: 1, marker: Self.marker())
      #expect(try bench.postgres.resolve(Self.marker()) == .applied(results: [[]]))
      #expect(try bench.postgres.resolve(Self.marker("other")) == .notApplied)
      let error = #expect(throws: TargetError.self) { try prepare(bench, Self.update("pay", ["id": 1], ["note": "b"])) }
      #expect(error?.code == .refused && error?.message.contains("permission denied") == true)
      for reaching in [
        "SELECT pg_read_file('/etc/passwd')", "SELECT lo_export(1, '/tmp/x')", "SELECT lo_import('/etc/passwd')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stella'", "SELECT pg_reload_conf()",
        "SELECT * FROM pg_ls_dir('/')", "SELECT pg_switch_wal()", "SELECT pg_rotate_logfile()",
      ] {
        let view = try bench.postgres.view()
        defer { view.close() }
        let question = FixQuery(target: "db", statement: reaching, arguments: [], rowLimit: 10, byteLimit: 1000)
        if reaching.contains("terminate") {
          // Sessions of a superuser aren't its to end, whether there are any or not.
          _ = try? view.answer(question)
        } else {
          #expect(throws: FixQueryError.self, "\(reaching)") { try view.answer(question) }
        }
      }
      let open = try PostgresBench()
      #expect(open.postgres.warnings().count == 1)
    }

    @Test("What a question sets or takes lasts no longer than the question")
    func questions() throws {
      let bench = try PostgresBench(schema: "CREATE TABLE jobs (id integer PRIMARY KEY); INSERT INTO jobs VALUES (1)")
      let lock = try bench.postgres.lock()
      defer { lock.close() }
      func ask(_ statement: String) throws -> [[FieldValue]] {
        try lock.answer(
          FixQuery(target: "db", statement: statement, arguments: [], rowLimit: 1000, byteLimit: 100_000)
        ).rows
      }
      let asked = ["search_path", "datestyle", "role"].map { "current_setting('\($0)')" }
      let before = try ask("SELECT \(asked.joined(separator: ", "))")
      _ = try ask("SELECT set_config('search_path', 'pg_catalog', false), set_config('datestyle', 'German', false)")
      #expect(try ask("SELECT \(asked.joined(separator: ", "))") == before)
      #expect(try ask("SELECT current_setting('transaction_read_only')") == [[.string("on")]])
      #expect(try ask("SELECT current_setting('transaction_isolation')") == [[.string("serializable")]])
      let slow = #expect(throws: FixQueryError.self) {
        try ask("SELECT set_config('statement_timeout', '0', false), pg_sleep(0.005) FROM generate_series(1, 1000000)")
      }
      #expect(slow?.canRetry == true)
      _ = try ask("SELECT pg_advisory_unlock_all()::text, pg_advisory_unlock(32497601281286400)")
      let other = #expect(throws: TargetError.self) { _ = try bench.postgres.lock() }
      #expect(other?.code == .busy)
    }

    @Test("Marks become numbered parameters, but not within texts, names, remarks and operators")
    func marks() {
      for (text, converted, count) in [
        ("a = ? AND b = ?", "a = $1 AND b = $2", 2), ("'?' ? '''?' ?", "'?' $1 '''?' $2", 2),
        ("\"?\" ? \"a\"\"?\"", "\"?\" $1 \"a\"\"?\"", 1), ("-- ?\n ? -- ?", "-- ?\n $1 -- ?", 1),
        ("/* ? /* ? */ ? */ ?", "/* ? /* ? */ ? */ $1", 1), ("E'\\'?' ?", "E'\\'?' $1", 1), ("'\\' ?", "'\\' $1", 1),
        ("name'?' ?", "name'?' $1", 1), ("$$?$$ ? $a$ ? $$ ? $a$ ?", "$$?$$ $1 $a$ ? $$ ? $a$ $2", 2),
        ("a$b ? $1 ?", "a$b $1 $1 $2", 2), ("doc ?? 'a' AND x = ?", "doc ? 'a' AND x = $1", 1),
        ("doc ??| ?", "doc ?| $1", 1), ("???", "?$1", 1), ("'open ?", "'open ?", 0), ("/* ?", "/* ?", 0),
        ("$a$ ?", "$a$ ?", 0), ("", "", 0), ("?", "$1", 1), ("1-? - -?", "1-$1 - -$2", 2), ("é?", "é$1", 1),
      ] {
        let marks = PostgresPlaceholders(text)
        #expect(marks.text == converted && marks.count == count, "\(text)")
      }
    }

    @Test("A session that ends in the middle has changed nothing, wherever that is")
    func ended() throws {
      let bench = try PostgresBench(
        schema: """
          CREATE TABLE jobs (id integer PRIMARY KEY, note text); INSERT INTO jobs VALUES (1, 'a'), (2, 'a');
          CREATE TABLE doom (id integer);
          CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF EXISTS (SELECT 1 FROM doom WHERE id = (SELECT count(*) FROM jobs WHERE note = 'b')) THEN
              PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1);
            END IF; RETURN NULL; END $$
          """)
      let prepared = try prepare(bench, Self.update("jobs", ["note": "a"], ["note": "b"]))
      try bench.execute(
        """
        CREATE TRIGGER die AFTER UPDATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION die();
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON stella_effects DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION die()
        """)
      // After the first row, after the second, and at the commit.
      for (number, drop) in [(1, ""), (2, ""), (2, "DROP TRIGGER die ON jobs")] {
        try bench.execute("DELETE FROM doom; INSERT INTO doom VALUES (\(number)); \(drop)")
        let before = try bench.dump()
        let marker = try Self.marker("r\(number)\(drop)")
        let error = #expect(throws: TargetError.self) {
          try bench.postgres.lock().apply(prepared, from: 1, marker: marker)
        }
        #expect(error?.code == (drop.isEmpty ? .unavailable : .unclear), "\(String(describing: error))")
        try bench.execute("DELETE FROM doom")
        #expect(try bench.postgres.resolve(marker) == .notApplied)
        try bench.execute("INSERT INTO doom VALUES (\(number))")
        #expect(try bench.dump() == before)
      }
    }
  }
#endif
