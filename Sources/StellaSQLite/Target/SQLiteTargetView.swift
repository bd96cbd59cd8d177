import GRDBSQLite
import StellaModel

/// A connection with a transaction that is never committed.
class SQLiteTargetView: SQLView, SQLSession {
  let owner: SQLiteTarget
  private(set) var connection: SQLiteConnection?
  private let inode: UInt64

  init(_ owner: SQLiteTarget) throws(TargetError) {
    self.owner = owner
    inode = try owner.inode()
    do throws(SQLiteFailure) {
      connection = try SQLiteConnection(path: owner.path, lockTimeout: owner.lockTimeout)
    } catch {
      throw owner.error(error)
    }
    try checkPlace()
  }

  /// Fixes the transaction's state, which is that of its first read.
  final func beginReading() throws(TargetError) {
    // This also connects virtual tables, which goes by way of what questions may not do.
    _ = try run("SELECT count(*) FROM pragma_table_list", [])
  }

  /// Throws `unavailable` when another file has taken the place of the open one.
  final func checkPlace() throws(TargetError) {
    guard try owner.inode() == inode else {
      throw TargetError(
        .unavailable, target: owner.name, "\(owner.path) was replaced by another file meanwhile. Try again.")
    }
  }

  /// The identity from its own table, which a copy of the file has too; and the file's number in its file system, which
  /// another file under the path doesn't have. A backup that is copied *into* the file, or brought back with the same
  /// number, isn't told from what was there before; a file that was moved to another disk is taken for another.
  final func identity() throws(TargetError) -> TargetIdentity {
    try checkPlace()
    var physicalID: String?
    if try !run("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'stella_identity'", []).rows.isEmpty,
      case .text(let id)? = try run("SELECT id FROM stella_identity", []).rows.first?.first
    {
      physicalID = "\(id)/\(inode)"
    }
    return TargetIdentity(name: owner.name, kind: "sqlite", physicalID: physicalID)
  }

  final func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
    guard let connection else { throw FixQueryError("the view is closed", canRetry: false) }
    do throws(SQLiteFailure) {
      return try connection.answer(query, timeout: owner.queryTimeout)
    } catch {
      // Whatever was refused, the connection reads on.
      _ = try? connection.run("PRAGMA query_only = OFF")
      switch error.primary {
      case SQLITE_INTERRUPT:
        throw FixQueryError("it took longer than \(owner.queryTimeout)", canRetry: true)
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM:
        throw FixQueryError(error.message, canRetry: true)
      default: throw FixQueryError(error.message, canRetry: false)
      }
    }
  }

  final func prepare(_ effects: [NumberedEffect]) throws(TargetError) -> [PreparedEffect] {
    try checkPlace()
    _ = try run("SAVEPOINT stella_prepare", [])
    _ = try run("PRAGMA defer_foreign_keys = ON", [])
    defer {
      _ = try? run("ROLLBACK TO SAVEPOINT stella_prepare", [])
      _ = try? run("RELEASE SAVEPOINT stella_prepare", [])
      _ = try? run("PRAGMA defer_foreign_keys = OFF", [])
    }
    var preparation = EffectPreparation(self)
    return try preparation.prepare(effects)
  }

  final func close() {
    _ = try? connection?.run("ROLLBACK")
    connection = nil
  }

  final func hasMarkers() throws(TargetError) -> Bool {
    let columns = try run("SELECT name FROM pragma_table_info(?)", [SQLArgument(.text(MarkerTable.name))])
    return columns.rows.compactMap(\.first) == MarkerTable.columns.map { .text($0) }
  }

  // MARK: The session

  final var target: String { owner.name }

  final let dialect = SQLDialect(
    numbersPlaceholders: false, rowLock: "", givenIdentity: "", orAbort: " OR ABORT", bytesType: "BLOB",
    now: "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")

  final func run(_ sql: String, _ arguments: [SQLArgument]) throws(TargetError) -> SQLAnswer {
    guard let connection else { throw TargetError(.unavailable, target: owner.name, "the connection is closed.") }
    do throws(SQLiteFailure) {
      return try connection.run(sql, arguments.map(\.value))
    } catch {
      throw owner.error(error)
    }
  }

  final func checkConstraints() throws(TargetError) {
    guard connection?.hasBrokenForeignKeys == true else { return }
    throw TargetError(
      .refused, target: owner.name,
      "FOREIGN KEY constraint failed: rows would refer to rows that aren't there. Nothing was changed.")
  }
}

/// A connection that holds the write lock.
final class SQLiteTargetLock: SQLiteTargetView, SQLLock {
  func apply(
    _ effects: [PreparedEffect], from number: Int, marker: EffectMarker
  ) throws(TargetError) -> [[NamedValues]] {
    defer { close() }
    try checkPlace()
    let markers = MarkerTable(self)
    try markers.check(marker)
    _ = try run("PRAGMA defer_foreign_keys = ON", [])
    var application = EffectApplication(self)
    let results = try application.apply(effects, from: number)
    try markers.insert(marker, results: results)
    try commit()
    return results
  }

  private func commit() throws(TargetError) {
    guard let connection else { throw TargetError(.unavailable, target: owner.name, "the connection is closed.") }
    do throws(SQLiteFailure) {
      try connection.run("COMMIT")
    } catch {
      switch error.primary {
      // Readers are in the way, or there is no space: the transaction goes on, or was rolled back.
      case SQLITE_BUSY, SQLITE_FULL, SQLITE_CONSTRAINT: throw owner.error(error)
      default:
        throw TargetError(
          .unclear, target: owner.name, "SQLite reports while committing: \(error.message). It may have happened or not.")
      }
    }
  }
}
