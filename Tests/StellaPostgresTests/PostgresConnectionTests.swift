#if Postgres
  import Foundation
  import StellaModel
  import Testing

  @testable import StellaPostgres

  /// Against a real server; `Scripts/test-traits.sh` starts one and says where.
  @Suite("A PostgreSQL connection")
  struct PostgresConnectionTests {
    static let variable = "STELLA_TEST_POSTGRES"

    static func connect() throws -> PostgresConnection {
      let address = try #require(
        ProcessInfo.processInfo.environment[variable], "run these tests with Scripts/test-traits.sh")
      return try PostgresConnection(address)
    }

    @Test("Rows come back with their names and types, and parameters never become part of the statement")
    func rows() throws {
      let hostile = "'; drop table x; -- ü\\"
      let rows = try Self.connect().query(
        "select $1::text as name, $2::bigint as n, $3::float8, $4::bool as yes, null as nothing, 1.50::numeric as exact",
        [.string(hostile), .integer(.min), .double(0.1), .bool(true)])
      #expect(rows.columns == ["name", "n", "float8", "yes", "nothing", "exact"])
      #expect(
        rows.rows == [
          [.string(hostile), .integer(.min), .double(0.1), .bool(true), .null, .string("1.50")]
        ])
      #expect(rows.affected == 1)
    }

    @Test("Null, arrays and objects can be sent")
    func values() throws {
      let rows = try Self.connect().query(
        "select $1::text is null, ($2::jsonb)->'a'->>1",
        [.null, .object([.init("a", .array([.integer(1), .string("x")]))])])
      #expect(rows.rows == [[.bool(true), .string("x")]])
    }

    @Test("Changes are counted, rows keep the server's order, and no rows are no rows")
    func changes() throws {
      let connection = try Self.connect()
      #expect(try connection.query("create temporary table t (id int primary key, name text)").affected == nil)
      let insert = "insert into t select i, 'n' || i from generate_series(1, $1) i"
      #expect(try connection.query(insert, [.integer(1000)]).affected == 1000)
      let rows = try connection.query("select id from t order by id desc")
      #expect(rows.rows == (1...1000).reversed().map { [.integer($0)] })
      let none = try connection.query("select name from t where id = $1", [.integer(0)])
      #expect(none.rows.isEmpty && none.columns == ["name"] && none.affected == 0)
      #expect(try connection.query("update t set name = 'x' where id <= 3").affected == 3)
    }

    @Test("A refused statement has its SQLSTATE, and the connection goes on")
    func refused() throws {
      let connection = try Self.connect()
      _ = try connection.query("create temporary table t (id int primary key)")
      _ = try connection.query("insert into t values (1)")
      for (sql, state) in [
        ("insert into t values (1)", "23505"), ("selec 1", "42601"), ("select * from missing", "42P01"),
        ("select 1/0", "22012"), ("select 1; select 2", "42601"),
      ] {
        let error = #expect(throws: PostgresError.self) { try connection.query(sql) }
        #expect(error?.code == .refused && error?.sqlState == state, "\(sql): \(String(describing: error))")
        #expect(error?.message.contains("\n") == false)
      }
      #expect(try connection.query("select count(*) from t").rows == [[.integer(1)]])
    }

    @Test("Text with a NUL is refused before anything is sent")
    func nul() throws {
      let connection = try Self.connect()
      let error = #expect(throws: PostgresError.self) { try connection.query("select $1::text", [.string("a\0b")]) }
      #expect(error?.code == .parameter)
    }

    @Test("`copy` is refused, and the connection goes on")
    func copy() throws {
      let connection = try Self.connect()
      for sql in ["copy (select 1) to stdout", "copy pg_temp.t from stdin"] {
        _ = try? connection.query("create temporary table t (id int)")
        #expect(throws: PostgresError.self) { try connection.query(sql) }
        #expect(try connection.query("select 1").rows == [[.integer(1)]])
      }
    }

    @Test("A connection that the server ends is lost, with the outcome unknown, and stays lost")
    func lost() throws {
      let connection = try Self.connect()
      let pid = try connection.query("select pg_backend_pid()").rows[0]
      let ended = try Self.connect().query("select pg_terminate_backend($1::int)", pid)
      #expect(ended.rows == [[.bool(true)]])
      for _ in 0..<2 {
        let error = #expect(throws: PostgresError.self) { try connection.query("select 1") }
        #expect(error?.code == .lost, "\(String(describing: error))")
      }
    }

    @Test("A server that isn't there is unreachable")
    func unreachable() {
      let error = #expect(throws: PostgresError.self) { try PostgresConnection("host=127.0.0.1 port=1 dbname=x") }
      #expect(error?.code == .unreachable && error?.message.isEmpty == false)
    }
  }
#endif
