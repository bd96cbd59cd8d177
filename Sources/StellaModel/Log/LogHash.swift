/// 32 bytes: the SHA-256 of a record of the execution log, a key's id, or a payload's digest.
package struct LogHash: Sendable, Hashable {
  private let words: SIMD4<UInt64>

  package static let byteCount = 32
  /// What the first record of a log follows.
  package static let zero = LogHash(words: .zero)

  private init(words: SIMD4<UInt64>) { self.words = words }

  /// Nil unless there are 32 bytes.
  package init?(_ bytes: some Sequence<UInt8>) {
    var words = SIMD4<UInt64>.zero
    var count = 0
    for byte in bytes {
      guard count < LogHash.byteCount else { return nil }
      words[count / 8] = words[count / 8] << 8 | UInt64(byte)
      count += 1
    }
    guard count == LogHash.byteCount else { return nil }
    self.words = words
  }

  /// Nil unless there are 64 lower-case hexadecimal digits.
  package init?(hex: some StringProtocol) {
    guard let bytes = HexText.bytes(hex) else { return nil }
    self.init(bytes)
  }

  package var bytes: [UInt8] {
    (0..<LogHash.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
  }

  package var hex: String { HexText.text(bytes) }

  /// The first 12 digits, for people.
  package var short: String { String(hex.prefix(12)) }
}
