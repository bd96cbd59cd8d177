import GRDB
import Glibc
import StellaModel
import Synchronization

/// The embedded store: one SQLite file in WAL mode, created on first use. Commits are durable on return.
///
/// May be used from any thread; writes are serialised, reads see the last commit.
package final class SQLiteStore: Sendable {
  package let path: String
  let pool: DatabasePool
  /// A connection that nothing is written on, which therefore sees that anything was; opened when it is first asked.
  let observer = Mutex<DatabaseQueue?>(nil)
  private let spare: StateSpare?
  let lastTrouble = Mutex<String?>(nil)

  /// Opens the store in `directory` and brings its schema up to date.
  ///
  /// - Throws: `unavailable`, `corrupt`, `newer`, `full`, or `locked` when another process held the file for over five
  ///   seconds. The file is as it was.
  package convenience init(_ directory: StateDirectory) throws(StoreError) {
    var status = stat()
    if lstat(directory.database, &status) == 0, status.st_mode & S_IFMT == S_IFLNK || status.st_nlink > 1 {
      throw StoreError(
        .unavailable, path: directory.database,
        message:
          "has another name somewhere, under which a second engine could own it. Name the directory that it really "
          + "is in with `state:` in stella.yaml.")
    }
    let spare = StateSpare(directory)
    try self.init(path: directory.database, spare: spare)
    spare.take()
  }

  /// - Parameter spare: space to be given up when there is too little for opening.
  init(path: String, busySeconds: Double = 5, spare: StateSpare? = nil) throws(StoreError) {
    self.path = path
    self.spare = spare
    do throws(StoreError) {
      pool = try Self.opened(path, busySeconds)
    } catch {
      guard error.code == .full, let spare, spare.giveUp() else { throw error }
      pool = try Self.opened(path, busySeconds)
    }
    try StoreError.translating(path) {
      let schema = Schema.migrator
      guard try !pool.read(schema.hasBeenSuperseded) else {
        throw StoreError(
          .newer, path: path,
          message: "was written by a newer version of Stella. Use that version, or another state directory.")
      }
      try schema.migrate(pool)
    }
  }

  private static func opened(_ path: String, _ busySeconds: Double) throws(StoreError) -> DatabasePool {
    var configuration = Configuration()
    configuration.label = "stella"
    configuration.busyMode = .timeout(busySeconds)
    configuration.maximumReaderCount = 4
    return try StoreError.translating(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL on its writer when it turns WAL on, after any preparation of ours; commits would then not
      // survive a power failure.
      let synchronous = try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        return try Int.fetchOne(db, sql: "PRAGMA synchronous")
      }
      guard synchronous == 2 else {
        throw StoreError(
          .failed, path: path, message: "SQLite doesn't make its commits durable here; nothing can be kept safely.")
      }
      return pool
    }
  }

  /// Does what must not fail for want of space, such as a freeze: when it does, the space that is spared for that is given up,
  /// and it is tried once more.
  package func withSpare<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as StoreError where error.code == .full {
      guard let spare, spare.giveUp() else { throw error }
      return try body()
    }
  }

  /// Bytes that hold something. The file may be larger: what was removed is used again before it grows.
  package func usedBytes() throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try pool.read { db in
        func number(_ name: String) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA \(name)") ?? 0 }
        return try (number("page_count") - number("freelist_count")) * number("page_size")
      }
    }
  }

  /// Writes back the log and closes the file. Later calls fail.
  package func close() throws(StoreError) {
    try StoreError.translating(path) {
      observer.withLock { observer in
        try? observer?.close()
        observer = nil
      }
      // Leaves one file with everything in it. When another process is reading, its log stays beside it, which is as good.
      _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try pool.close()
    }
  }
}
