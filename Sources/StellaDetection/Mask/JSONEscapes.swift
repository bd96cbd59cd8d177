/// The escapes of texts in JSON (RFC 8259, section 7), on bytes.
package enum JSONEscapes {
  /// Appends the inside of a text as what it means. Half a surrogate pair becomes U+FFFD; an escape that is none stays.
  package static func append(_ inner: Bytes, unescapedTo output: inout [UInt8]) {
    var place = 0
    while place < inner.count {
      let byte = inner[place]
      guard byte == UInt8(ascii: "\\"), place + 1 < inner.count else {
        output.append(byte)
        place += 1
        continue
      }
      place += 2
      switch inner[place - 1] {
      case UInt8(ascii: "n"): output.append(0x0a)
      case UInt8(ascii: "r"): output.append(0x0d)
      case UInt8(ascii: "t"): output.append(0x09)
      case UInt8(ascii: "b"): output.append(0x08)
      case UInt8(ascii: "f"): output.append(0x0c)
      case UInt8(ascii: "u"):
        guard let high = unit(inner, place) else {
          output += "\\u".utf8
          continue
        }
        place += 4
        var scalar = Unicode.Scalar(UInt32(high))
        if scalar == nil, high < 0xdc00, place + 1 < inner.count, inner[place] == UInt8(ascii: "\\"),
          inner[place + 1] == UInt8(ascii: "u"), let low = unit(inner, place + 2), (0xdc00...0xdfff).contains(low)
        {
          scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xd800) << 10 + (UInt32(low) - 0xdc00))
          place += 6
        }
        output += Array(String(scalar ?? "\u{fffd}").utf8)
      case let other: output.append(other)
      }
    }
  }

  private static func unit(_ inner: Bytes, _ place: Int) -> UInt16? {
    guard place + 4 <= inner.count else { return nil }
    var unit: UInt16 = 0
    for byte in inner[place..<place + 4] {
      guard let digit = byte.hexDigit else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  static func append(_ text: [UInt8], escapedTo output: inout [UInt8]) {
    for byte in text {
      switch byte {
      case 0x22, 0x5c: output += [0x5c, byte]
      case 0x0a: output += "\\n".utf8
      case 0x0d: output += "\\r".utf8
      case 0x09: output += "\\t".utf8
      case 0..<0x20, 0x7f:
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u00".utf8
        output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: output.append(byte)
      }
    }
  }
}

extension UInt8 {
  /// The value of an ASCII hexadecimal digit.
  var hexDigit: UInt8? {
    if self &- 48 < 10 { return self &- 48 }
    let letter = (self | 0x20) &- 97
    return letter < 6 ? letter + 10 : nil
  }
}
