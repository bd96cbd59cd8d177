#if Postgres
  import Foundation
  import StellaModel
  import StellaTesting
  import Testing

  @testable import StellaPostgres

  /// A database of its own on the test server, looked into through a connection of its own.
  final class PostgresBench: SQLTargetBench {
    let postgres: PostgresTarget
    let database: String
    let kind = SQLBenchKind.postgres

    var target: any SQLTarget { postgres }

    private static let server = PostgresConnectionTests.variable

    static func address(database: String, user: String? = nil) throws -> String {
      let address = try #require(
        ProcessInfo.processInfo.environment[server], "run these tests with Scripts/test-traits.sh")
      return address.split(separator: " ").map { word in
        if word.hasPrefix("dbname=") { return "dbname=\(database)" }
        if let user, word.hasPrefix("user=") { return "user=\(user)" }
        return String(word)
      }.joined(separator: " ")
    }

    init(schema: String = "", user: String? = nil, lockTimeout: Duration = .seconds(2)) throws {
      database = "stella_" + UUID().uuidString.lowercased().replacing("-", with: "")
      try PostgresConnectionTests.connect().script("CREATE DATABASE \(database) TEMPLATE template0")
      postgres = PostgresTarget(
        name: "db", address: try Self.address(database: database, user: user), lockTimeout: lockTimeout,
        queryTimeout: .milliseconds(500))
      try execute(schema)
      try PostgresTarget(name: "db", address: try Self.address(database: database)).prepareMarkers()
    }

    deinit {
      try? PostgresConnectionTests.connect().script("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }

    func connect() throws -> PostgresConnection { try PostgresConnection(try Self.address(database: database)) }

    func execute(_ sql: String) throws { try connect().script(sql) }

    func dump() throws -> [String] {
      let connection = try connect()
      let tables = try connection.query(
        "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
          + "AND relname NOT LIKE 'stella\\_%' ORDER BY 1")
      return try tables.rows.flatMap { table -> [String] in
        guard case .string(let name)? = table.first else { return [] }
        return try connection.query("SELECT t::text FROM \(name) t").rows.map { "\(name): \($0)" }.sorted()
      }
    }
  }
#endif
