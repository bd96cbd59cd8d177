import Glibc
import StellaModel

/// Space that is set aside before an effect, so that its outcome can be recorded even when the disk fills up in between.
///
/// Take it before an intent; when recording the outcome fails with `store.full`, give it up and record once more.
package struct StateReserve: SpaceReserve {
  package let path: String
  /// A log record with its payload and the pages around it, several times over.
  package static let byteCount = 4 << 20

  package init(_ directory: StateDirectory) { path = directory.path + "/reserve" }

  /// Sets the space aside, unless it is already.
  ///
  /// - Throws: ``StoreError`` `full`, after which no effect may begin; `unavailable`.
  package func take() throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    defer { close(file) }
    // Unlike ftruncate, it allocates; what is allocated already costs nothing.
    let code = posix_fallocate(file, 0, off_t(StateReserve.byteCount))
    guard code == 0 else { throw StateDirectory.unavailable(path, errno: code) }
    guard fsync(file) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
  }

  /// Gives the space to whoever writes next.
  package func giveUp() throws(StoreError) {
    guard truncate(path, 0) == 0 || errno == ENOENT else { throw StateDirectory.unavailable(path, errno: errno) }
  }
}
