import Glibc
import StellaModel

/// The directory that holds everything Stella remembers, `./.stella` unless configured otherwise.
package struct StateDirectory: Sendable, Hashable {
  package let path: String

  package static let defaultPath = "./.stella"

  /// Creates the directory, readable for its owner only, when it isn't there; its parent must exist.
  package init(path: String = StateDirectory.defaultPath) throws(StoreError) {
    self.path = path
    if mkdir(path, 0o700) == 0 || errno == EEXIST {
      guard access(path, R_OK | W_OK | X_OK) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw StateDirectory.unavailable(path, errno: ENOTDIR)
      }
      // Whoever can write here could put another store and another key in the place of these.
      guard status.st_mode & 0o022 == 0 else {
        throw StoreError(
          .unavailable, path: path,
          message: "others may write here, so that nothing in it can be trusted. When nobody "
            + "did: `chmod 700 \(path)`")
      }
    } else {
      throw StateDirectory.unavailable(path, errno: errno)
    }
  }

  package var database: String { path + "/stella.db" }
  package var lock: String { path + "/lock" }
  /// What came over the network and detection has not used yet.
  package var intake: String { path + "/intake" }
  /// Events that were read.
  package var events: String { path + "/events" }
  package var runnerLock: String { path + "/runner.lock" }
  /// What the engine signs the execution log with.
  package var logKey: String { path + "/log.key" }
  /// What the engine signed last, beside the store.
  package var logCheckpoints: String { path + "/log.checkpoints" }

  static func unavailable(_ path: String, errno code: Int32) -> StoreError {
    if code == ENOSPC || code == EDQUOT { return .noSpace(path) }
    return StoreError(
      .unavailable, path: path,
      message: "can't be used for Stella's state: \(String(cString: strerror(code))). "
        + "Make it writable, or name another directory with `state:` in stella.yaml.")
  }
}

extension StoreError {
  static func noSpace(_ path: String) -> StoreError {
    StoreError(
      .full, path: path, message: "no space is left on its file system. Free some; nothing of this call was saved.")
  }
}
