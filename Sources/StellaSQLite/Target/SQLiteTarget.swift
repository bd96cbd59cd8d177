import GRDBSQLite
import Glibc
import StellaModel

/// A SQLite file that fixes may change. It belongs to an application, which may use it at the same time; it isn't Stella's
/// own store.
///
/// Each view and each lock is a connection of its own. A view is one read transaction: in WAL mode it holds up nobody, in
/// the other modes a writer can't commit while it is open. Preparing needs the write lock for as long as it takes; it writes
/// nothing to the file. Commits are durable on return, whatever the application has set for itself.
///
/// What it can't show: what triggers do to rows that no effect lists. It is done, as it is for the application, and undone
/// only as far as the triggers do so themselves. Functions and collations that the application registers aren't there:
/// statements that need them are refused.
package final class SQLiteTarget: SQLTarget {
  package let name: String
  package let path: String
  let lockTimeout: Duration
  let queryTimeout: Duration

  /// - Parameters:
  ///   - path: an existing file.
  ///   - lockTimeout: how long a statement waits while others hold the file.
  ///   - queryTimeout: how long one question of a script may take.
  package init(
    name: String, path: String, lockTimeout: Duration = .seconds(10), queryTimeout: Duration = .seconds(5)
  ) {
    self.name = name
    self.path = path
    self.lockTimeout = lockTimeout
    self.queryTimeout = queryTimeout
  }

  package func view() throws(TargetError) -> any SQLView {
    let view = try SQLiteTargetView(self)
    _ = try view.run("BEGIN", [])
    try view.beginReading()
    return view
  }

  package func lock() throws(TargetError) -> any SQLLock { try locked() }

  private func locked() throws(TargetError) -> SQLiteTargetLock {
    let lock = try SQLiteTargetLock(self)
    _ = try lock.run("BEGIN IMMEDIATE", [])
    try lock.beginReading()
    guard try lock.hasMarkers() else { throw withoutMarkers }
    return lock
  }

  package func resolve(_ marker: EffectMarker) throws(TargetError) -> MarkerState {
    let lock = try locked()
    defer { lock.close() }
    let state = try MarkerTable(lock).settle(marker)
    // A failed commit leaves the question open: the file may hold the tombstone or not.
    _ = try lock.run("COMMIT", [])
    return state
  }

  /// Also gives the file an identity, by which it is told from others from then on.
  package func prepareMarkers() throws(TargetError) {
    let lock = try SQLiteTargetLock(self)
    defer { lock.close() }
    _ = try lock.run("BEGIN IMMEDIATE", [])
    try MarkerTable(lock).create()
    _ = try lock.run(
      "CREATE TABLE IF NOT EXISTS stella_identity (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL)", [])
    _ = try lock.run("INSERT OR IGNORE INTO stella_identity VALUES (1, lower(hex(randomblob(16))))", [])
    _ = try lock.run("COMMIT", [])
  }

  package func problems() -> [String] {
    do throws(TargetError) {
      let view = try SQLiteTargetView(self)
      defer { view.close() }
      guard access(path, W_OK) == 0 else {
        return ["\(path) can't be written. Give Stella's user the right to write it and its directory."]
      }
      return try view.hasMarkers() ? [] : [withoutMarkers.message]
    } catch {
      return [error.message]
    }
  }

  private var withoutMarkers: TargetError {
    TargetError(
      .refused, target: name,
      "it has no usable table \(MarkerTable.name), in which effects leave their marker. Run `stella fixes target init "
        + "\(name)`.")
  }

  /// What tells the file from one that is put in its place.
  func inode() throws(TargetError) -> UInt64 {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw TargetError(
        .unavailable, target: name,
        "\(path) can't be opened: \(String(cString: strerror(errno))). Correct the path, or bring the file back.")
    }
    return UInt64(status.st_ino)
  }

  func error(_ failure: SQLiteFailure) -> TargetError {
    switch failure.primary {
    case SQLITE_BUSY, SQLITE_LOCKED:
      TargetError(
        .busy, target: name,
        "another process holds the file, or has written to it meanwhile. Nothing was changed; try again.")
    case SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_FULL, SQLITE_NOMEM, SQLITE_PROTOCOL:
      TargetError(
        .unavailable, target: name,
        "SQLite reports: \(failure.message). Nothing was changed; try again when that is corrected.")
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      TargetError(
        .refused, target: name,
        "\(path) is damaged, or no SQLite database. Nothing was changed. Restore it from a backup, or correct `path` of "
          + "\(name) in stella.yaml.")
    default:
      TargetError(.refused, target: name, "SQLite reports: \(failure.message). Nothing was changed.")
    }
  }
}
