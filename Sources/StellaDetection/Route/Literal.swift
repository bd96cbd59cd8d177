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

  /// As Lua source that reads back as the same value.
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

  private static func quoted(_ bytes: [UInt8]) -> String {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): result += Array("\\n".utf8)
      case UInt8(ascii: "\t"): result += Array("\\t".utf8)
      case 0..<0x20, 0x7F: result += escape(byte)
      case 0x80...: result += isText ? [byte] : escape(byte)
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    let digits = String(byte, radix: 16, uppercase: true)
    return Array(("\\x" + (digits.count < 2 ? "0" : "") + digits).utf8)
  }
}
