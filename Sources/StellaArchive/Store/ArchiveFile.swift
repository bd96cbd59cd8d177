import Glibc

/// A file of the archive that is open. Closed when nobody uses it any more.
final class ArchiveFile: Sendable {
  let path: String
  let descriptor: Int32

  /// Nil when it isn't there or can't be read.
  init?(reading path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    self.path = path
    if descriptor < 0 { return nil }
  }

  /// - Parameter isNew: whether it must not be there yet.
  init(writing path: String, isNew: Bool) throws(ArchiveError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_EXCL : 0), 0o600)
    self.path = path
    if descriptor < 0 { throw Self.failure("can't be opened", path, errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes of the file; 0 when that can't be told.
  var count: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// What there is of `count` bytes at `offset`.
  func read(_ count: Int, at offset: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: max(0, count)) { bytes, filled in
      filled = 0
      while filled < count {
        let found = pread(descriptor, bytes.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if found < 0, errno == EINTR { continue }
        if found <= 0 { break }
        filled += found
      }
    }
  }

  /// - Throws: when not all could be written; then the file ends at `offset` again.
  func write(_ bytes: [UInt8], at offset: Int) throws(ArchiveError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(offset + written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let code = errno
        ftruncate(descriptor, off_t(offset))
        throw Self.failure("can't be written", path, code)
      }
      written += count
    }
  }

  func cut(to count: Int) throws(ArchiveError) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw Self.failure("can't be cut", path, errno) }
  }

  /// Makes it durable, as far as that is possible.
  func sync() { fdatasync(descriptor) }

  static func failure(_ what: String, _ path: String, _ code: Int32) -> ArchiveError {
    let isFull = code == ENOSPC || code == EDQUOT
    return ArchiveError(
      isFull ? .noSpace : .failed,
      "\(path) \(what): \(String(cString: strerror(code)))." + (isFull ? " Free some space." : ""))
  }
}
