/// Labels as text, such as `{job="shop", path="a\"b"}`: values are quoted as in Go.
enum LokiLabels {
  /// In their order; nil when the text is none. O(bytes).
  static func pairs(_ text: String) -> [(name: String, value: String)]? {
    var rest = Array(text.utf8)[...]
    var pairs: [(name: String, value: String)] = []
    skipSpaces(&rest)
    guard take("{", &rest) else { return nil }
    skipSpaces(&rest)
    while rest.first != UInt8(ascii: "}") {
      if !pairs.isEmpty {
        guard take(",", &rest) else { return nil }
        skipSpaces(&rest)
        if rest.first == UInt8(ascii: "}") { break }
      }
      let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 > 0x20 }
      rest = rest.dropFirst(name.count)
      skipSpaces(&rest)
      guard !name.isEmpty, take("=", &rest) else { return nil }
      skipSpaces(&rest)
      guard let value = value(&rest) else { return nil }
      pairs.append((String(decoding: name, as: UTF8.self), value))
      skipSpaces(&rest)
    }
    guard take("}", &rest) else { return nil }
    skipSpaces(&rest)
    return rest.isEmpty ? pairs : nil
  }

  private static func skipSpaces(_ rest: inout ArraySlice<UInt8>) { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

  private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private static func value(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard take("\"", &rest) else { return nil }
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = escaped(&rest) else { return nil }
        value += escaped
      default: value.append(byte)
      }
    }
    return nil
  }

  /// What stands for an escape sequence, behind its backslash.
  private static func escaped(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard let byte = rest.popFirst() else { return nil }
    switch byte {
    case UInt8(ascii: "a"): return [0x07]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "v"): return [0x0b]
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): return [byte]
    case UInt8(ascii: "x"): return number(&rest, digits: 2).map { [UInt8(truncatingIfNeeded: $0)] }
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let code = number(&rest, digits: byte == UInt8(ascii: "u") ? 4 : 8)
      return code.flatMap(Unicode.Scalar.init).map { Array(String(Character($0)).utf8) }
    default: return nil
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> UInt32? {
    let text = rest.prefix(digits)
    rest = rest.dropFirst(digits)
    return text.count == digits ? UInt32(String(decoding: text, as: UTF8.self), radix: 16) : nil
  }
}
