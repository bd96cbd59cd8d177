import Glibc
import StellaEngine
import StellaModel

/// The beginning of a log.
enum SampleFile {
  /// Reads somewhat more than is looked at, so that its last line is whole.
  ///
  /// - Parameter path: `-` is standard input.
  /// - Throws: ``CommandFailure`` as ``LogFile``.
  static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
    let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while bytes.count <= RuleScaffold.logLimitBytes {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  private static func failure(_ path: String) -> CommandFailure {
    LogFile.unreadable(path, errno)
  }
}
