import StellaModel

/// What a server sent for the terminal, without anything that our own screens don't write: a server is believed what it says,
/// but not to draw what it likes.
enum ReceivedText {
  /// Lines of text. The styles of ``TextStyle`` pass when they were asked for; all else that a terminal acts on is escaped.
  static func screen(_ text: String, hasColor: Bool) -> String {
    var shown = ""
    var plain = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    var isStyled = false
    while let scalar = rest.popFirst() {
      guard hasColor, scalar == "\u{1b}", let style = style(rest) else {
        plain.append(scalar)
        continue
      }
      shown += TextEscaping.block(String(plain)) + "\u{1b}" + style
      plain = String.UnicodeScalarView()
      rest = rest.dropFirst(style.unicodeScalars.count)
      isStyled = style != reset
    }
    return shown + TextEscaping.block(String(plain)) + (isStyled ? "\u{1b}" + reset : "")
  }

  private static let reset = "[0m"

  /// What follows the escape character at the start of `text` when that sets styles we know, or ends them.
  private static func style(_ text: Substring.UnicodeScalarView) -> String? {
    let head = text.prefix(16)
    guard head.first == "[", let end = head.firstIndex(of: "m") else { return nil }
    let codes = String(Substring(head[..<end]).dropFirst()).split(separator: ";", omittingEmptySubsequences: false)
    guard codes.allSatisfy({ code in code == "0" || TextStyle.allCases.contains { "\($0.rawValue)" == code } }) else {
      return nil
    }
    return String(Substring(head[...end]))
  }

  /// Lines of JSON. Control characters have no place there but as escapes, which mean the same.
  static func json(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x00...0x09, 0x0b...0x1f, 0x7f...0x9f:
        shown.append(contentsOf: "\\u00\(HexText.text([UInt8(scalar.value)]))".unicodeScalars)
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }
}
