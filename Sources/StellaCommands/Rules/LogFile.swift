import Glibc
import StellaModel

/// A whole log in memory.
enum LogFile {
  private static let limitBytes = 1 << 30

  /// - Parameter path: `-` is standard input.
  /// - Returns: its bytes, and when it was last changed, nanoseconds since the epoch.
  /// - Throws: ``CommandFailure`` `notFound` when it isn't there, `failure` when it can't be read, `usage` when it is no file
  ///   or over a GiB.
  static func read(_ path: String) throws(CommandFailure) -> (bytes: [UInt8], changed: Int64) {
    let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path, errno) }
    defer { close(file) }
    var status = stat()
    fstat(file, &status)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limitBytes else {
        throw CommandFailure(.usage, TextEscaping.oneLine("\(path) is over a GiB; cut out what led to the event"))
      }
    }
    return (bytes, Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
  }

  /// What every verb says of a log that can't be read, by `errno`.
  static func unreadable(_ path: String, _ code: Int32) -> CommandFailure {
    let status: CommandStatus =
      switch code {
      case ENOENT, ENOTDIR: .notFound
      case EISDIR: .usage
      default: .failure
      }
    let remedy =
      switch code {
      case ENOENT, ENOTDIR: " Check the path."
      case EISDIR: " Name a file."
      case EACCES: " Check its rights."
      default: ""
      }
    return CommandFailure(status, TextEscaping.oneLine("\(path): \(String(cString: strerror(code))).\(remedy)"))
  }

  private static func failure(_ path: String, _ code: Int32) -> CommandFailure {
    unreadable(path, code)
  }
}
