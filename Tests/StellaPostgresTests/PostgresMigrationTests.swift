#if Postgres
  import Foundation
  import StellaModel
  import StellaRemediation
  import StellaSQLite
  import StellaScripting
  import StellaTesting
  import Testing

  @testable import StellaPostgres

  /// The migration that ships, from the alert to the rollback, on the other kind of database.
  @Suite("Moving users to new ids in PostgreSQL", .serialized)
  struct PostgresMigrationTests {
    private static let schema = """
      CREATE TABLE users (id text PRIMARY KEY, email text, hash_id text UNIQUE);
      CREATE TABLE conversations (id integer PRIMARY KEY, user_id text NOT NULL, title text, updated_at timestamptz);
      CREATE TABLE messages (id bigint PRIMARY KEY, user_id text NOT NULL, conversation_id integer, body bytea);
      CREATE TABLE shares (id integer PRIMARY KEY, owner_id text NOT NULL, shared_with text NOT NULL);
      CREATE FUNCTION old_id(i integer) RETURNS text LANGUAGE sql AS
        $$ SELECT CASE WHEN i % 2 = 0 THEN (1000 + i)::text ELSE 'user' || i || '@example.org' END $$;
      INSERT INTO users SELECT CASE WHEN i > 19 THEN 'usr_' || i ELSE old_id(i) END, 'user' || i || '@example.org',
        'usr_' || i FROM generate_series(1, 24) i;
      INSERT INTO conversations SELECT i + 1, old_id(i % 19 + 1), 'Gespräch ' || i, now() - i * interval '1 hour'
        FROM generate_series(0, 472) i;
      INSERT INTO conversations SELECT 1000 + i, 'gone' || i % 3 || '@example.org', NULL, NULL FROM generate_series(0, 37) i;
      INSERT INTO messages SELECT i + 1, old_id(i % 19 + 1), i % 473 + 1, '\\x00ff' FROM generate_series(0, 599) i;
      INSERT INTO shares SELECT i + 1, old_id((i + 3) % 19 + 1), '["' || old_id(i % 19 + 1) || '","usr_21"]'
        FROM generate_series(0, 29) i;
      """

    @Test("From the alert over the approval to moved rows that verify, and back again byte for byte")
    func whole() throws {
      let bench = try PostgresBench(schema: Self.schema)
      let path = NSTemporaryDirectory() + "stella-migration-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: path) }
      let remediation = try Self.remediation(path, bench.postgres)
      let before = try bench.dump()
      #expect(before.count == 24 + 473 + 38 + 600 + 30)

      let user = "user1@example.org"
      let alert = Alert(
        id: "a1", rule: "data.user-id-format", type: "data_inconsistency", severity: .high, title: "no data",
        summary: "nothing", key: [.init("user_id", .string(user))], status: .firing, revision: 1, firstSeen: 1,
        lastSeen: 2, count: 3)
      let run = try #require(try remediation.propose(alert))
      #expect(run.state == .awaiting && run.rowCount == 19 + 473 + 600 + 30)
      #expect(try bench.dump() == before)

      func approve(_ run: Run, by voter: String) throws {
        _ = try remediation.vote(
          .approve, on: run.id, by: voter, digest: try #require(run.digest).short, reason: "looked at it")
      }
      try approve(run, by: "mara")
      let runner = try Runner(remediation, holder: "a test")
      #expect(try runner.turn().map(\.state) == [.succeeded])
      let left = try bench.connect().query(
        "SELECT (SELECT count(*) FROM users WHERE id !~ '^usr_'), (SELECT count(*) FROM conversations WHERE user_id !~ '^usr_'), "
          + "(SELECT count(*) FROM messages WHERE user_id !~ '^usr_'), "
          + "(SELECT count(*) FROM shares WHERE owner_id !~ '^usr_' OR shared_with ~ '@|\"1')")
      #expect(left.rows == [[.integer(0), .integer(38), .integer(0), .integer(0)]])

      let undoing = try remediation.requestRollback(of: run.id, by: "user:mara")
      try approve(undoing, by: "ivo")
      #expect(try runner.turn().map(\.state) == [.succeeded])
      #expect(try remediation.store.readRuns { try $0.run(run.id)?.state } == .rolledBack)
      #expect(try bench.dump() == before)
    }

    private static func remediation(
      _ path: String, _ target: PostgresTarget
    ) throws -> Remediation<SQLiteStore> {
      let directory = try StateDirectory(path: path + "/state")
      let store = try SQLiteStore(directory)
      let time = ManualTime()
      let key = try #require(LogSigningKey(seed: Array(repeating: 1, count: 32)))
      let sealer = try #require(
        LogSealer(engine: "test", key: key, own: FileAnchor(path: directory.logCheckpoints), others: []))
      let log = try sealer.open(store, as: .command, time: time.now(), actor: "engine", nonce: [1])
      let fix = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixes/data/migrate-user-id.lua")
      let source = try String(contentsOf: fix, encoding: .utf8).replacing("\"app-db\"", with: "\"db\"")
      var policy = Policy(name: "data")
      policy.limits.rows = 5000
      return Remediation(
        store: store, journal: RunJournal(time: time) { Array(repeating: 7, count: 32) },
        fixes: FixSet(sources: [RuleSource(file: "migrate-user-id.lua", text: Array(source.utf8))]),
        targets: TargetSet(databases: ["db": target], readable: ["db"]), policies: PolicySet([policy]),
        people: try People.checked(
          [Person(name: "mara", uids: [1], roles: [.approver]), Person(name: "ivo", uids: [2], roles: [.approver])]),
        reserve: StateReserve(directory), log: log.hex)
    }
  }
#endif
