import Foundation
import GRDBSQLite
import StellaModel
import StellaTesting

@testable import StellaSQLite

/// A file of its own, looked into through a connection of its own.
final class SQLiteBench: SQLTargetBench {
  let directory: TestDirectory
  let sqlite: SQLiteTarget
  let kind = SQLBenchKind.sqlite

  var target: any SQLTarget { sqlite }

  init(journal: String = "WAL", schema: String = "") throws {
    directory = try TestDirectory()
    sqlite = SQLiteTarget(
      name: "db", path: directory("app.db"), lockTimeout: .milliseconds(300), queryTimeout: .milliseconds(300))
    try execute("PRAGMA journal_mode = \(journal); CREATE TABLE anything (n); DROP TABLE anything; \(schema)")
    try sqlite.prepareMarkers()
  }

  struct Failure: Error {
    let message: String
  }

  func execute(_ sql: String) throws {
    try Self.connected(sqlite.path) { handle in
      var message: UnsafeMutablePointer<CChar>?
      defer { sqlite3_free(message) }
      guard sqlite3_exec(handle, sql, nil, nil, &message) == SQLITE_OK else {
        throw Failure(message: message.map { String(cString: $0) } ?? "?")
      }
    }
  }

  func dump() throws -> [String] { try Self.dump(sqlite.path) }

  static func dump(_ path: String) throws -> [String] {
    try connected(path) { handle in
      let tables = try rows(
        handle, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'stella!_%' ESCAPE '!'"
          + " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name") { String(cString: sqlite3_column_text($0, 0)) }
      return try tables.flatMap { table in
        try rows(handle, "SELECT * FROM \"\(table)\"") { "\(table): " + row($0) }.sorted()
      }
    }
  }

  private static func row(_ statement: OpaquePointer) -> String {
    (0..<sqlite3_column_count(statement)).map { column in
      let type = sqlite3_column_type(statement, column)
      if type == SQLITE_FLOAT { return "d" + String(sqlite3_column_double(statement, column).bitPattern, radix: 16) }
      if type == SQLITE_NULL { return "null" }
      let bytes = sqlite3_column_blob(statement, column)
      let content = UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column)))
      return "\(type):" + content.map { String($0, radix: 16) }.joined(separator: ",")
    }.joined(separator: " ")
  }

  private static func rows<Value>(_ handle: OpaquePointer, _ sql: String, _ read: (OpaquePointer) -> Value) throws -> [Value]
  {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
      throw Failure(message: String(cString: sqlite3_errmsg(handle)))
    }
    defer { sqlite3_finalize(statement) }
    var values: [Value] = []
    while sqlite3_step(statement) == SQLITE_ROW { values.append(read(statement)) }
    return values
  }

  static func connected<Value>(_ path: String, _ body: (OpaquePointer) throws -> Value) throws -> Value {
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else { throw Failure(message: "can't open \(path)") }
    return try body(handle)
  }
}
