import Glibc
import StellaModel

/// Writes a file that isn't there yet.
enum NewFile {
  /// The directories that lead there are made.
  ///
  /// - Throws: ``CommandFailure`` `usage` when it is there already or can't be made; what is there stays as it is.
  static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
    try makeDirectories(of: path)
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure(path)
        unlink(path)
        throw error
      }
      rest = rest.dropFirst(count)
    }
  }

  private static func makeDirectories(of path: String) throws(CommandFailure) {
    let parts = path.split(separator: "/").dropLast()
    var directory = path.hasPrefix("/") ? "/" : ""
    for part in parts {
      directory += part
      if mkdir(directory, 0o755) != 0, errno != EEXIST { throw failure(directory) }
      directory += "/"
    }
  }

  private static func failure(_ path: String) -> CommandFailure {
    let reason = errno == EEXIST ? "is there already; nothing is overwritten" : String(cString: strerror(errno))
    return CommandFailure(.usage, TextEscaping.oneLine("\(path): \(reason)"))
  }
}
