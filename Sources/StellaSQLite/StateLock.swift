import Glibc
import StellaModel

/// Held by the one process that watches with a state directory, so that two never save positions over each other's.
///
/// An advisory `flock`: the operating system releases it when the process ends, however it ends. Reading the store, and
/// single transactions of other commands, need no lock.
package final class StateLock {
  private let descriptor: Int32

  /// - Parameters:
  ///   - holder: what this process is, for the message that another one gets, such as `stella watch`.
  ///   - file: what is locked; nil: the lock of whoever watches.
  /// - Throws: `locked` with the other's process id when it is taken.
  package init(_ directory: StateDirectory, holder: String, file: String? = nil) throws(StoreError) {
    let file = file ?? directory.lock
    let opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw StateDirectory.unavailable(file, errno: errno) }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let other = StateLock.text(of: opened)
      close(opened)
      guard code == EWOULDBLOCK else { throw StateDirectory.unavailable(file, errno: code) }
      throw StoreError(
        .locked, path: directory.path,
        message: "is in use by \(other.isEmpty ? "another process" : other). "
          + "Stop that one, or name another directory with `state:` in stella.yaml.")
    }
    descriptor = opened
    ftruncate(opened, 0)
    let text = "\(holder) (pid \(getpid()))"
    _ = text.withCString { pwrite(opened, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }

  /// Who watches with the state in `directory`, such as `stella watch (pid 812)`; nil when nobody does. The lock is left
  /// alone: it is looked for among those that the kernel lists (proc_locks(5)).
  package static func holder(directory: String) -> String? {
    let opened = open(directory + "/lock", O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return nil }
    defer { close(opened) }
    var status = stat()
    guard fstat(opened, &status) == 0, let list = fopen("/proc/locks", "re") else { return nil }
    defer { fclose(list) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), list) != nil {
      let words = line.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }.split(
        separator: " ")
      if words.contains("FLOCK"), words.contains(where: { $0.split(separator: ":").last == "\(status.st_ino)" }) {
        let holder = text(of: opened)
        return holder.isEmpty ? "another process" : holder
      }
    }
    return nil
  }

  private static func text(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 >= 0x20 && $0 < 0x7f }, as: UTF8.self)
  }
}
