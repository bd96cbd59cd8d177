import StellaEngine
import StellaModel

/// Reads a source until it is idle or at its end, in reads of a given size.
struct LogReader {
  let source: LogBufferSource
  var readBytes = 64 << 10

  /// Whole records read, and how reading ended.
  func records() throws -> (lines: [String], outcome: ReadOutcome) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: readBytes)
    while true {
      let outcome = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
      guard case .bytes(let count) = outcome else {
        let text = String(decoding: bytes, as: UTF8.self)
        return (text.split(separator: "\n").map(String.init), outcome)
      }
      bytes += chunk[..<count]
    }
  }
}
