import Glibc
import StellaModel

/// The token of an OpenID provider that somebody hands over, which never stands among a command's arguments.
enum TokenInput {
  private static let limit = 16 << 10

  /// - Parameter path: a file; `-` for standard input.
  /// - Throws: ``CommandFailure`` `usage` when there is none.
  static func read(_ path: String) throws(CommandFailure) -> String {
    let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path): \(String(cString: strerror(errno)))"))
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      guard got > 0 else { break }
      count += got
    }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    let token = String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace })
    guard count <= limit, token.split(separator: ".", omittingEmptySubsequences: false).count == 3 else {
      throw CommandFailure(
        .usage, TextEscaping.oneLine("\(path): there is no token in it, three parts with dots between them."))
    }
    return token
  }
}
