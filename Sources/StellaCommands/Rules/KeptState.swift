import Glibc
import StellaModel
import StellaSQLite

/// What a state directory keeps, for who only looks: nothing is created.
enum KeptState {
  /// What `body` reads in one consistent state; nil where there is no store, or one that is somebody else's.
  static func read<Value>(_ path: String, _ body: (SQLiteTransaction) throws -> Value) throws -> Value? {
    guard access(path, R_OK | W_OK | X_OK) == 0 else { return nil }
    let directory = try StateDirectory(path: path)
    guard access(directory.database, R_OK | W_OK) == 0 else { return nil }
    let store = try SQLiteStore(directory)
    defer { try? store.close() }
    return try store.readRuns(body)
  }
}
