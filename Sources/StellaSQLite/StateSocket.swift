import Glibc
import StellaModel

/// Where the server of a state directory is found: a Unix socket in it.
package final class StateSocket: Sendable {
  /// What an address has room for, without the zero at its end (unix(7)).
  private static let longestPath = 107
  private static let name = "stella.sock"

  /// The file.
  package let path: String
  /// To bind and to connect with: ``path``, or a shorter one that leads there as long as this object lives.
  package let address: String
  private let directory: Int32

  /// - Parameter directory: of the state. Nothing is created.
  /// - Throws: `unavailable` when its path is too long for an address, and it can't be opened.
  package init(directory path: String) throws(StoreError) {
    self.path = path + "/" + Self.name
    if self.path.utf8.count <= Self.longestPath {
      (address, directory) = (self.path, -1)
      return
    }
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    address = "/proc/self/fd/\(directory)/\(Self.name)"
  }

  deinit { if directory >= 0 { close(directory) } }

  package func remove() { unlink(address) }
}

extension StateDirectory {
  /// That nobody but the owner can come in, where a socket is to tell people apart.
  ///
  /// - Throws: `unavailable` with what to do about it.
  package func checkIsPrivate() throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    guard status.st_uid == geteuid() else {
      throw StoreError(
        .unavailable, path: path,
        message:
          "belongs to uid \(status.st_uid), and a server for it has to run as that user. This is uid \(geteuid()).")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw StoreError(
        .unavailable, path: path,
        message: "is open to other users, and a server's socket must not be in such a place. Run `chmod 700` on it.")
    }
  }
}
