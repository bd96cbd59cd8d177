import Glibc
import StellaModel

/// Puts a text in the place of a file's, so that there is the old or the new one at every moment.
enum WrittenFile {
  /// A file that is there keeps its permissions. A link is followed.
  ///
  /// - Throws: ``CommandFailure`` `failure`; the file is as it was.
  static func write(_ text: [UInt8], to path: String) throws(CommandFailure) {
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    if resolved == nil, errno != ENOENT { throw failure(path) }
    let target = resolved.map { String(cString: $0) } ?? path
    var status = stat()
    let mode = stat(target, &status) == 0 ? status.st_mode & 0o7777 : 0o644
    let temporary = target + ".stella-\(getpid())"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { throw failure(path) }
    var written = 0
    while written < text.count {
      let count = text.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress.unsafelyUnwrapped + written, text.count - written)
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      written += count
    }
    let isWhole = written == text.count && fsync(file) == 0
    let code = errno
    close(file)
    guard isWhole, rename(temporary, target) == 0 else {
      let failed = isWhole ? errno : code
      unlink(temporary)
      errno = failed
      throw failure(path)
    }
  }

  private static func failure(_ path: String) -> CommandFailure {
    WriteRefusal.failure(.failure, path, errno)
  }
}
