import GRDB
import StellaModel

extension StoreError {
  /// Runs `body`; what SQLite reports becomes a ``StoreError`` for the file at `path`.
  static func translating<Value>(_ path: String, _ body: () throws -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      throw error
    } catch let error as DatabaseError {
      throw StoreError(error, path: path)
    } catch {
      throw StoreError(.failed, path: path, message: "\(error)")
    }
  }

  private init(_ error: DatabaseError, path: String) {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .locked, path: path,
        message: "another process is writing and did not finish in time. Try again when it has ended.")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .corrupt, path: path,
        message: "is damaged or not a store of Stella's. Restore it from a backup, or move it away to start anew; "
          + "it was not changed.")
    case .SQLITE_FULL:
      self = .noSpace(path)
    // The index of the log, which is made by writing to each of its pages.
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
      self = .noSpace(path)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(
        .unavailable, path: path,
        message: "can't be opened for writing (\(error.message ?? "no reason given")). "
          + "Make it and its directory writable, or name another directory with `state:` in stella.yaml.")
    default:
      self.init(.failed, path: path, message: "SQLite reports: \(error.message ?? "\(error.resultCode)").")
    }
  }
}
