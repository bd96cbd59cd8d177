import GRDB
import StellaModel

extension SQLiteStore {
  /// Why the last write could not be kept, in a sentence or two; nil when it was, and before the first.
  ///
  /// Only of what no other write gets round: no space, no right to write, and a disk that fails.
  package var writeTrouble: String? { lastTrouble.withLock { $0 } }

  /// Writes in one transaction, and remembers whether there was room for it.
  func written<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      let (value, hasChanged) = try pool.write { db in
        let before = db.totalChangesCount
        return (try body(db), db.totalChangesCount != before)
      }
      // What changes nothing needs no room.
      if hasChanged { lastTrouble.withLock { $0 = nil } }
      return value
    } catch {
      if let trouble = trouble(error) { lastTrouble.withLock { $0 = trouble } }
      throw error
    }
  }

  private func trouble(_ error: any Error) -> String? {
    let isOfDisk = (error as? DatabaseError)?.resultCode == .SQLITE_IOERR
    do throws(StoreError) {
      try StoreError.translating(path) { throw error }
      return nil
    } catch {
      return isOfDisk || error.code == .full || error.code == .unavailable ? error.message : nil
    }
  }
}
