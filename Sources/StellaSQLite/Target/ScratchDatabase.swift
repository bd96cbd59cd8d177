import GRDB
import GRDBSQLite
import StellaModel

/// A SQLite file that a script makes, for trying fixes on. It can reach no other file.
package final class ScratchDatabase {
  package let path: String
  private let queue: DatabaseQueue

  /// - Parameter script: statements that make tables and fill them.
  /// - Throws: a `DatabaseError` that says what SQLite makes of the script.
  package init(path: String, script: String) throws {
    self.path = path
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      // Nothing is attached, which `VACUUM INTO` needs as well.
      sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
      // Nobody needs it after a power failure.
      try db.execute(sql: "PRAGMA synchronous = OFF")
    }
    queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.writeWithoutTransaction { try $0.execute(sql: script) }
  }

  package func close() throws { try queue.close() }

  /// The schema, then every row of every table, without Stella's and SQLite's own tables. Values are exact.
  package func dump() throws -> [String] {
    try queue.read { db in
      let objects = try Row.fetchAll(
        db,
        sql: """
          SELECT type, name, sql FROM sqlite_master
          WHERE name NOT LIKE 'stella~_%' ESCAPE '~' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type, name
          """)
      var lines = objects.map { "\($0["name"] as String): \($0["sql"] as String? ?? "")" }
      for object in objects where object["type"] == "table" {
        let name: String = object["name"]
        let quoted = "\"" + name.replacing("\"", with: "\"\"") + "\""
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(quoted)")
        lines += rows.map { row in
          "\(name): " + row.databaseValues.map(ScratchDatabase.text).joined(separator: ", ")
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      return lines
    }
  }

  private static func text(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .null: "NULL"
    case .int64(let number): "\(number)"
    // The bits tell -0.0 from 0.0 and every NaN from the others.
    case .double(let number): "\(number) (bits \(String(number.bitPattern, radix: 16)))"
    case .string(let text): "'\(text)'"
    case .blob(let data): "x'" + data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
    }
  }

  /// The first column of the first row: a text, a number, or null, also without rows and for bytes.
  ///
  /// - Throws: a `DatabaseError` for what is no question.
  package func value(_ sql: String) throws -> FieldValue {
    try queue.read { db in
      switch try Row.fetchOne(db, sql: sql)?.databaseValues.first?.storage {
      case .int64(let number)?: .integer(number)
      case .double(let number)?: .double(number)
      case .string(let text)?: .string(text)
      default: .null
      }
    }
  }
}
