/// A SHA-256 digest (FIPS 180-4) of something, written `sha256:` and 64 hexadecimal digits.
package struct ContentDigest: Sendable, Hashable {
  /// 32 bytes.
  package let bytes: [UInt8]

  package static let byteCount = 32

  /// Nil unless there are 32 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Reads exactly what ``description`` writes.
  package init?(_ text: String) {
    let prefix = "sha256:".utf8
    guard text.utf8.starts(with: prefix), text.utf8.count == prefix.count + 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8.dropFirst(prefix.count) {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.bytes = bytes
  }

  /// 64 digits.
  package var hexadecimal: String {
    let digits: StaticString = "0123456789abcdef"
    return String(
      decoding: bytes.flatMap { [digits.utf8Start[Int($0 >> 4)], digits.utf8Start[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension ContentDigest: CustomStringConvertible {
  package var description: String { "sha256:" + hexadecimal }
}
