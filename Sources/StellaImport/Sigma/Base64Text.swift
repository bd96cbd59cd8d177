/// Base64 (RFC 4648) of bytes.
enum Base64Text {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let padded = group + Array(repeating: 0, count: 3 - group.count)
      let bits = UInt32(padded[0]) << 16 | UInt32(padded[1]) << 8 | UInt32(padded[2])
      for place in 0..<4 {
        result.append(place <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
      }
    }
    return result
  }

  /// What of the encoding is the same wherever `bytes` stand in a longer text, for each of the three alignments: the
  /// characters that neighbours share are left out.
  static func encodeAtEveryOffset(_ bytes: [UInt8]) -> [[UInt8]] {
    (0..<3).map { offset in
      let encoded = encode(Array(repeating: 0, count: offset) + bytes)
      let first = [0, 2, 3][offset]
      let end = encoded.count - [0, 3, 2][(bytes.count + offset) % 3]
      return first < end ? Array(encoded[first..<end]) : []
    }
  }
}
