import Glibc

/// Keeps an ``IntakeJournal`` from removing files that detection has used, so that they can be copied with a store that still needs
/// them. It lasts until nothing refers to it, or until its process ends, however it ends.
package final class JournalLease {
  private let descriptor: Int32

  /// - Parameter path: the journal's directory.
  /// - Returns: nil when there is no journal.
  /// - Throws: ``IntakeError`` `failed` when it can't be had.
  package init?(path: String) throws(IntakeError) {
    let file = Self.file(path)
    let opened = open(file, O_RDONLY | O_CLOEXEC)
    if opened < 0 {
      if errno == ENOENT { return nil }
      throw JournalDirectory.failure("can't be opened", file, errno)
    }
    while flock(opened, LOCK_SH) != 0 {
      let code = errno
      if code == EINTR { continue }
      close(opened)
      throw JournalDirectory.failure("can't be locked", file, code)
    }
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// Whether somebody has one. Doesn't wait.
  static func isHeld(path: String) -> Bool {
    let descriptor = open(file(path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// The file that is there as long as the journal is.
  private static func file(_ path: String) -> String { path + "/identity" }
}
