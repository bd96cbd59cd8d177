import GRDB
import Glibc
import StellaModel

extension SQLiteStore {
  /// Writes the store as it is at one moment into a new file, while others read and write. Durable on return.
  ///
  /// - Throws: also when there is such a file. What was begun of it may be there then.
  package func copy(to path: String) throws(StoreError) {
    try StoreError.translating(self.path) {
      try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    defer { Glibc.close(file) }
    guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
  }

  /// About how long a copy is: pages that hold nothing are left out of it.
  package func copyBytes() throws(StoreError) -> Int64 {
    try StoreError.translating(path) {
      try pool.read { db in
        func number(_ name: String) throws -> Int64 { try Int64.fetchOne(db, sql: "PRAGMA \(name)") ?? 0 }
        return try (number("page_count") - number("freelist_count")) * number("page_size")
      }
    }
  }

  /// What SQLite itself finds wrong with the file; nil when nothing.
  package func fault() throws(StoreError) -> String? {
    try StoreError.translating(path) {
      let found = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
      return found == "ok" ? nil : found
    }
  }
}

extension SQLiteTransaction {
  /// Makes the next epoch one that nobody had, also not after the moment that this store is of.
  package func raiseEpoch(over epoch: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "UPDATE log_writer SET epoch = max(epoch, ?)", arguments: [epoch])
    }
  }
}
