/// Text as one part of a URL, such as a step of a path or the value of a parameter (RFC 3986, section 2.1).
package enum URLText {
  /// All but letters, digits, `-` and `_` become `%` and two digits. Dots too, so that no part is taken for one that goes up.
  package static func encoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: encoded.append(byte)
      default: encoded += Array(("%" + HexText.text([byte])).utf8)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// The text that was encoded, by whomever; nil when what comes out is no UTF-8, or a `%` has no two digits behind it.
  package static func decoded(_ text: String) -> String? {
    var decoded: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte != 0x25 {
        decoded.append(byte)
        continue
      }
      guard rest.count >= 2, let value = HexText.bytes(String(decoding: rest.prefix(2), as: UTF8.self).lowercased())
      else {
        return nil
      }
      decoded += value
      rest = rest.dropFirst(2)
    }
    return String(validating: decoded, as: UTF8.self)
  }

  /// As ``decoded(_:)``, of a name or a value as forms write it: a `+` is a space.
  package static func decodedForm(_ text: some Sequence<UInt8>) -> String? {
    decoded(String(decoding: text.map { $0 == 0x2b ? 0x20 : $0 }, as: UTF8.self))
  }
}
