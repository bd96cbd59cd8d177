import Glibc
import StellaModel
import StellaSQLite

/// The silences of a state directory, for who only looks: nothing is created.
enum KeptSilences {
  /// None where there is no store, or one that is somebody else's.
  static func read(_ path: String) throws -> [Silence] {
    guard access(path, R_OK | W_OK | X_OK) == 0 else { return [] }
    let directory = try StateDirectory(path: path)
    guard access(directory.database, R_OK | W_OK) == 0 else { return [] }
    let store = try SQLiteStore(directory)
    defer { try? store.close() }
    return try store.readRuns { try $0.silences() }
  }
}
