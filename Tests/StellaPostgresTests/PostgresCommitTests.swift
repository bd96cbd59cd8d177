#if Postgres
  import Foundation
  import StellaModel
  import StellaTesting
  import Testing

  @testable import StellaPostgres

  /// Commits whose answer never comes: one that waits for a standby which isn't there, until its session is ended. The
  /// server has committed it then. Only sessions of a database that asks for it wait so.
  @Suite("A PostgreSQL commit that is cut off")
  struct PostgresCommitTests {
    private static func server(_ statements: [String]) throws {
      let connection = try PostgresConnectionTests.connect()
      for statement in statements { try connection.script(statement) }
    }

    @Test("A commit whose answer is lost is unclear, and the marker tells that it happened, once its session is over")
    func lost() throws {
      let bench = try PostgresBench(
        schema: "CREATE TABLE jobs (id integer PRIMARY KEY, note text); INSERT INTO jobs VALUES (1, 'a')",
        lockTimeout: .seconds(20))
      try Self.server([
        "ALTER SYSTEM SET synchronous_commit = 'local'", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
        "SELECT pg_reload_conf()",
      ])
      defer {
        try? Self.server([
          "ALTER SYSTEM RESET synchronous_standby_names", "ALTER SYSTEM RESET synchronous_commit",
          "SELECT pg_reload_conf()",
        ])
      }
      let update = PostgresTargetTests.update("jobs", ["id": 1], ["note": "b"])
      let view = try bench.postgres.view()
      let prepared = try view.prepare(update)
      view.close()
      let marker = try PostgresTargetTests.marker()
      try Self.server(["ALTER DATABASE \(bench.database) SET synchronous_commit = 'on'"])
      let target = bench.postgres
      let outcome = Outcome()
      let thread = Thread {
        do {
          outcome.set(.success(try target.lock().apply(prepared, from: 1, marker: marker)))
        } catch {
          outcome.set(.failure(error))
        }
      }
      thread.start()
      // The session that now waits in its commit is ended by who asks what became of it.
      let connection = try PostgresConnectionTests.connect()
      var isWaiting = false
      let deadline = ContinuousClock.now + .seconds(60)
      while !isWaiting, ContinuousClock.now < deadline {
        isWaiting =
          try connection.query(
            "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'SyncRep'", [.string(bench.database)]
          ).rows.count == 1
      }
      try #require(isWaiting)
      try Self.server(["ALTER DATABASE \(bench.database) SET synchronous_commit = 'local'"])
      #expect(try target.resolve(marker) == .applied(results: [[]]))
      guard case .failure(let error as TargetError) = outcome.wait() else {
        Issue.record("the commit was answered")
        return
      }
      #expect(error.code == .unclear)
      #expect(try target.resolve(marker) == .applied(results: [[]]))
      #expect(try bench.dump() == ["jobs: [StellaModel.FieldValue.string(\"(1,b)\")]"])
    }

    private final class Outcome: @unchecked Sendable {
      private let condition = NSCondition()
      private var result: Result<[[NamedValues]], any Error>?

      func set(_ result: Result<[[NamedValues]], any Error>) {
        condition.lock()
        self.result = result
        condition.signal()
        condition.unlock()
      }

      func wait() -> Result<[[NamedValues]], any Error> {
        condition.lock()
        defer { condition.unlock() }
        while true {
          if let result { return result }
          condition.wait()
        }
      }
    }
  }
#endif
