import Glibc
import StellaModel

/// Writes a file that isn't there yet.
enum NewFile {
  static func write(_ text: String, to path: String, directory: String) throws(CommandFailure) {
    if mkdir(directory, 0o755) != 0, errno != EEXIST { throw failure(directory) }
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw failure(path) }
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure(.usage, TextEscaping.oneLine("\(path): \(String(cString: strerror(errno)))"))
  }
}
