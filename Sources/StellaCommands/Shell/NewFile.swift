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

  /// Makes the directories that lead to `path`.
  ///
  /// - Throws: ``CommandFailure`` `usage` when one can't be made; those before it stay.
  static func makeDirectories(of path: String) throws(CommandFailure) {
    let parts = path.split(separator: "/").dropLast()
    var directory = path.hasPrefix("/") ? "/" : ""
    for part in parts {
      directory += part
      if mkdir(directory, 0o755) != 0 {
        let code = errno
        // What can't be made for another reason may be there all the same.
        if code != EEXIST, access(directory, F_OK) != 0 { throw WriteRefusal.failure(.usage, directory, code) }
      }
      directory += "/"
    }
  }

  private static func failure(_ path: String) -> CommandFailure {
    let code = errno
    if code != EEXIST { return WriteRefusal.failure(.usage, path, code) }
    return CommandFailure(.usage, TextEscaping.oneLine("\(path): is there already; nothing is overwritten"))
  }
}
