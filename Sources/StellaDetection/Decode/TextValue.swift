import CStellaValue
import StellaModel

/// Values of `key=value` text: unquoted numbers are numbers, `true` and `false` are truth values, all else is text.
enum TextValue {
  static func value(_ text: Bytes) -> FieldValue? {
    guard let first = text.first else { return nil }
    if first &- 48 < 10 || first == UInt8(ascii: "-") {
      // A leading zero is an identifier's, not a number's.
      if isIdentifier(text) { return nil }
      switch NumberText.parse(text) {
      case .integer(let number)?: return .integer(number)
      case .double(let number)?: return .double(number)
      case nil: return nil
      }
    }
    if text.equals("true") { return .bool(true) }
    if text.equals("false") { return .bool(false) }
    return nil
  }

  /// The same, as a cell.
  @inline(__always)
  static func cell(_ text: Bytes) -> stella_value {
    switch value(text) {
    case .integer(let number)?: return .integer(number)
    case .double(let number)?: return .double(number)
    case .bool(let truth)?:
      var cell = stella_value()
      cell.kind = UInt8(STELLA_BOOL)
      cell.i = truth ? 1 : 0
      return cell
    default: return .string(text)
    }
  }

  private static func isIdentifier(_ text: Bytes) -> Bool {
    let start = text[0] == UInt8(ascii: "-") ? 1 : 0
    return text.count > start + 1 && text[start] == 48 && text[start + 1] &- 48 < 10
  }

  /// Writes `text` without its backslashes; returns the length.
  static func unescape(_ text: Bytes, to out: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 0
    var place = 0
    while place < text.count {
      var byte = text[place]
      if byte == UInt8(ascii: "\\"), place + 1 < text.count {
        place += 1
        switch text[place] {
        case UInt8(ascii: "n"): byte = 10
        case UInt8(ascii: "t"): byte = 9
        case UInt8(ascii: "r"): byte = 13
        default: byte = text[place]
        }
      }
      out[count] = byte
      count += 1
      place += 1
    }
    return count
  }
}
