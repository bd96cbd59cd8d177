import Glibc
import StellaModel

/// The directory that holds everything Stella remembers, `./.stella` unless configured otherwise.
package struct StateDirectory: Sendable, Hashable {
  package let path: String

  package static let defaultPath = "./.stella"

  /// Creates the directory, readable for its owner only, when it isn't there; its parent must exist.
  ///
  /// - Throws: a ``StoreError`` when it can't be used, and when it is somebody else's: what root makes in it could not be
  ///   read or written by its owner any more.
  package init(path: String = StateDirectory.defaultPath) throws(StoreError) {
    self.path = path
    if mkdir(path, 0o700) == 0 || errno == EEXIST {
      guard access(path, R_OK | W_OK | X_OK) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw StateDirectory.unavailable(path, errno: ENOTDIR)
      }
      guard status.st_uid == geteuid() else {
        let owner = StateDirectory.userName(status.st_uid)
        throw StoreError(
          .unavailable, path: path,
          message:
            "belongs to \(owner ?? "uid \(status.st_uid)"), who could not use any more what another user makes in it. "
            + "Run this as its owner: `sudo -u \(owner ?? "'#\(status.st_uid)'") stella …`")
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

  private static func userName(_ uid: uid_t) -> String? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, let found else { return nil }
    return String(cString: found.pointee.pw_name)
  }

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
