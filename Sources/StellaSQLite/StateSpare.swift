import Glibc
import StellaModel

/// Space for people who come when the disk is full: to open a store, which writes a page or two even to read, and to freeze
/// effects. Half of what is left is given at a time, so that the first who looks doesn't take all of it.
///
/// Apart from ``StateReserve``, which an effect under way may need in this moment.
package struct StateSpare: Sendable {
  package let path: String
  package static let byteCount = 1 << 20
  private static let least = 64 << 10
  /// It is set aside only where so much is free besides: what was given up isn't taken back from who needs it.
  private static let comfortable = 32 << 20

  package init(_ directory: StateDirectory) { path = directory.path + "/spare" }

  /// Sets the space aside, unless it is already or there is little left; what can't be done is left for the next time.
  package func take() {
    var status = stat()
    let had = lstat(path, &status) == 0 ? status.st_size : 0
    if had >= off_t(Self.byteCount) { return }
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    var space = statvfs()
    guard fstatvfs(file, &space) == 0, Int(space.f_bavail) * Int(space.f_frsize) >= Self.comfortable else { return }
    if posix_fallocate(file, 0, off_t(Self.byteCount)) != 0 { ftruncate(file, had) }
  }

  /// Gives half of it to whoever writes next; false when there was none.
  package func giveUp() -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return false }
    let half = Int(status.st_size) / 2
    return truncate(path, off_t(half < Self.least ? 0 : half)) == 0
  }
}
