import Glibc
import StellaDetection

/// Text in which letters of either case are the same: lower-case ASCII, Latin, Greek and Cyrillic letters for upper-case ones. Each
/// keeps its number of bytes, so that places stay what they were.
struct FoldedText {
  private var folded: [UInt8] = []
  private var unescaped: [UInt8] = []

  /// Calls `body` with the folded record, and, when it has escapes as in JSON, with what they mean.
  mutating func forEachForm(of record: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    FoldedText.fold(record, into: &folded)
    folded.withUnsafeBufferPointer(body)
    guard Self.hasEscapes(record) else { return }
    unescaped.removeAll(keepingCapacity: true)
    JSONEscapes.append(record, unescapedTo: &unescaped)
    unescaped.withUnsafeBufferPointer { FoldedText.fold($0, into: &folded) }
    folded.withUnsafeBufferPointer(body)
  }

  static func hasEscapes(_ record: UnsafeBufferPointer<UInt8>) -> Bool {
    record.baseAddress.map { memchr($0, 0x5c, record.count) != nil } ?? false
  }

  /// Calls `body` with what each ASCII letter becomes; other bytes stay what they are.
  static func withASCII(_ body: (UnsafeBufferPointer<UInt8>) -> Void) { ascii.withUnsafeBufferPointer(body) }

  static func folded(_ text: String) -> [UInt8] {
    var text = text
    var folded: [UInt8] = []
    text.withUTF8 { fold($0, into: &folded) }
    return folded
  }

  /// Puts the text folded in the place of what `output` has. O(bytes).
  static func fold(_ text: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
    if output.count < text.count {
      output = [UInt8](repeating: 0, count: text.count)
    } else {
      output.removeLast(output.count - text.count)
    }
    output.withUnsafeMutableBufferPointer { output in
      ascii.withUnsafeBufferPointer { ascii in
        var place = 0
        while place < text.count {
          let byte = text[place]
          output[place] = ascii[Int(byte)]
          place += 1
          guard byte >= 0xc2, byte < 0xe0, place < text.count, text[place] & 0xc0 == 0x80 else { continue }
          let lower = pairs[Int(byte & 0x1f) << 6 | Int(text[place] & 0x3f)]
          output[place - 1] = 0xc0 | UInt8(truncatingIfNeeded: lower >> 6)
          output[place] = 0x80 | UInt8(truncatingIfNeeded: lower & 0x3f)
          place += 1
        }
      }
    }
  }

  private static let ascii: [UInt8] = (0...255).map { UInt8($0) &- 0x41 < 26 ? UInt8($0) | 0x20 : UInt8($0) }

  /// By scalar, for all that take two bytes.
  private static let pairs: [UInt16] = (0..<0x800).map { value in
    guard value >= 0x80, let scalar = Unicode.Scalar(UInt32(value)) else { return UInt16(value) }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    guard lower.count == 1, let only = lower.first, (0x80..<0x800).contains(only.value) else { return UInt16(value) }
    return UInt16(only.value)
  }
}
