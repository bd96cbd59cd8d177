import StellaDetection

/// Texts as Lua source.
package enum LuaText {
  /// In quotes, with what a person can see left as it is: only control characters, marks that can't be seen and bytes that
  /// are no UTF-8 are escaped.
  static func shown(_ literal: Literal) -> String {
    guard case .text(let bytes) = literal else { return literal.source }
    guard let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.allSatisfy(isVisible) else {
      return literal.source
    }
    return literal.shown
  }

  package static func quoted(_ text: String) -> String { shown(.text(Array(text.utf8))) }

  /// A regular expression: in long brackets when it has backslashes and they allow it.
  static func pattern(_ bytes: [UInt8]) -> String {
    guard bytes.contains(UInt8(ascii: "\\")), let text = String(validating: bytes, as: UTF8.self),
      text.unicodeScalars.allSatisfy({ isVisible($0) && $0.value >= 0x20 }), !text.contains("]]"), !text.hasSuffix("]")
    else { return shown(.text(bytes)) }
    return "[[\(text)]]"
  }

  /// A text of several lines in long brackets; `lines` are indented already.
  static func block(_ lines: [String], indent: String) -> String {
    let text = lines.joined(separator: "\n")
    var level = ""
    while text.contains("]\(level)]") || text.contains("[\(level)[") { level += "=" }
    return "[\(level)[\n\(text)\n\(indent)]\(level)]"
  }

  /// Prose: quoted when it is one line, else in long brackets.
  static func prose(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.reversed().drop { $0.isWhitespace }.reversed())
    }
    guard lines.count > 1, text.unicodeScalars.allSatisfy({ isVisible($0) && ($0.value >= 0x20 || $0 == "\n") }) else {
      return quoted(text)
    }
    return block(lines, indent: "")
  }

  /// One line of a comment.
  static func comment(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { isVisible($0) && $0.value >= 0x20 && $0.value != 0x7F ? $0 : " " }
    return "-- " + String(String.UnicodeScalarView(scalars))
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return true }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned,
      .spaceSeparator:
      false
    default: true
    }
  }
}

extension LuaText {
  /// A condition of one line in long brackets.
  static func inline(_ text: String) -> String {
    var level = ""
    while text.contains("]\(level)]") || text.contains("[\(level)[") || text.hasSuffix("]\(level)") { level += "=" }
    return "[\(level)[\(text)]\(level)]"
  }
}
