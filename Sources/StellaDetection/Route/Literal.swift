/// A constant of an expression. Text is bytes, as in Lua.
package enum Literal: Hashable, Sendable {
  /// The JSON null.
  case null
  case bool(Bool)
  case integer(Int64)
  /// Never an integral value that fits in 64 bits: that is an ``integer(_:)``, because both compare alike.
  case double(Double)
  case text([UInt8])

  package static func number(_ value: Double) -> Literal {
    if let integer = Int64(exactly: value) { return .integer(integer) }
    return .double(value)
  }

  /// As Lua source in ASCII that reads back as the same value.
  package var source: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(.min): "-0x1p63"  // 9223372036854775808 alone would be a float
    case .integer(let value): "\(value)"
    case .double(let value) where value.isInfinite: value < 0 ? "-1e999" : "1e999"
    case .double(let value): "\(value)"
    case .text(let bytes): Literal.quoted(bytes)
    }
  }

  /// What a person calls this kind of value.
  package var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .double: "a number"
    case .text: "text"
    }
  }

  /// As ``source``, with letters beyond ASCII as they are. For people: unlike bytes, Swift's strings call é and e + ´ equal.
  package var shown: String {
    if case .text(let bytes) = self { Literal.quoted(bytes, keepingLetters: true) } else { source }
  }

  private static func quoted(_ bytes: [UInt8], keepingLetters: Bool = false) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return "\"" + bytes.map { $0 < 0x80 ? escaped(Unicode.Scalar($0)) : "\\x" + hex(UInt32($0)) }.joined() + "\""
    }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        result += escaped(scalar)
      } else if keepingLetters {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{\(hex(scalar.value))}"
      }
    }
    return result + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"", "\\": "\\\(scalar)"
    case "\n": "\\n"
    case "\t": "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F: "\\x" + hex(scalar.value)
    default: String(scalar)
    }
  }

  private static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return digits.count < 2 ? "0" + digits : digits
  }
}
