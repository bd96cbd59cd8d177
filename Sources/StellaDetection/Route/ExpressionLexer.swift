import Glibc

/// Splits the text of an expression into tokens, by the lexical rules of Lua 5.4.
package struct ExpressionLexer {
  package struct Token: Hashable {
    package enum Kind: Hashable {
      /// A name or a reserved word.
      case word(String)
      case number(Literal)
      case string([UInt8])
      /// An operator or a bracket, also those that expressions don't have, so that the parser can say so.
      case symbol(String)
      case end
    }
    package let kind: Kind
    package let range: Range<Int>
  }

  private let text: [UInt8]
  private var at = 0

  package init(_ text: [UInt8]) { self.text = text }

  package static func isNameStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    default: false
    }
  }

  package static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  // Longest first.
  private static let symbols = [
    "===", "!==", "...", "<=>", "==", "~=", "!=", "<=", ">=", "=>", "=<", "=~", "<>", "&&", "||", "//", "<<", ">>",
    "..",
    "::", "<", ">", "=", "!", "&", "|", "~", "+", "-", "*", "/", "%", "^", "#", "(", ")", "[", "]", "{", "}", ",", ".",
    ":", ";", "?", "@", "$", "`", "\\",
  ].map { Array($0.utf8) }

  /// The next token. O(token).
  package mutating func next() throws(ExpressionError) -> Token {
    try skipBlanksAndComments()
    guard at < text.count else { return Token(kind: .end, range: at..<at) }
    let start = at
    let byte = text[at]
    if ExpressionLexer.isNameStart(byte) {
      while at < text.count, ExpressionLexer.isNamePart(text[at]) { at += 1 }
      return Token(kind: .word(String(decoding: text[start..<at], as: UTF8.self)), range: start..<at)
    }
    if ExpressionLexer.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(ExpressionLexer.isDigit) == true) {
      return Token(kind: .number(try number()), range: start..<at)
    }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      return Token(kind: .string(try quoted(byte)), range: start..<at)
    }
    if byte == UInt8(ascii: "["), let level = longBracketLevel() {
      return Token(kind: .string(try longBracket(level, "text")), range: start..<at)
    }
    if let symbol = ExpressionLexer.symbols.first(where: { text[at...].starts(with: $0) }) {
      at += symbol.count
      return Token(kind: .symbol(String(decoding: symbol, as: UTF8.self)), range: start..<at)
    }
    var end = at + 1
    while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
    throw strange(start..<end)
  }

  private func strange(_ range: Range<Int>) -> ExpressionError {
    let found = String(decoding: text[range], as: UTF8.self)
    let isQuote = ["\u{201C}", "\u{201D}", "\u{201E}", "\u{2018}", "\u{2019}", "\u{AB}", "\u{BB}"].contains(found)
    let shown = text[range.lowerBound] < 0x20 || text[range.lowerBound] == 0x7F ? "a control character" : "'\(found)'"
    return error(
      "found \(shown), which no expression has",
      isQuote ? "write plain quotes: \"…\"" : "reach a field with such a name with field(\"…\")", range)
  }

  private func peek(_ offset: Int) -> UInt8? { at + offset < text.count ? text[at + offset] : nil }

  private func error(_ message: String, _ remedy: String, _ range: Range<Int>) -> ExpressionError {
    ExpressionError(.syntax, message, remedy: remedy, at: range, in: text)
  }

  private mutating func skipBlanksAndComments() throws(ExpressionError) {
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: " "), 0x09...0x0D: at += 1
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        at += 2
        if at < text.count, text[at] == UInt8(ascii: "["), let level = longBracketLevel() {
          _ = try longBracket(level, "comment")
        } else {
          while at < text.count, text[at] != 0x0A, text[at] != 0x0D { at += 1 }
        }
      default: return
      }
    }
  }

  /// The number of `=` in an opening long bracket that starts here.
  private func longBracketLevel() -> Int? {
    var level = 0
    while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
    return peek(1 + level) == UInt8(ascii: "[") ? level : nil
  }

  private mutating func longBracket(_ level: Int, _ what: String) throws(ExpressionError) -> [UInt8] {
    let start = at
    at += level + 2
    if at < text.count, text[at] == 0x0A || text[at] == 0x0D { skipLineEnd() }
    var result: [UInt8] = []
    let close = [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
    while at < text.count {
      if text[at] == UInt8(ascii: "]"), text[at...].starts(with: close) {
        at += close.count
        return result
      }
      if text[at] == 0x0A || text[at] == 0x0D {
        skipLineEnd()
        result.append(0x0A)
      } else {
        result.append(text[at])
        at += 1
      }
    }
    throw error(
      "the \(what) that starts here does not end", "close it with \(String(decoding: close, as: UTF8.self))",
      start..<start + level + 2)
  }

  /// `\n`, `\r`, `\r\n` and `\n\r` are one line end each.
  private mutating func skipLineEnd() {
    let first = text[at]
    at += 1
    if at < text.count, text[at] == 0x0A || text[at] == 0x0D, text[at] != first { at += 1 }
  }

  private mutating func quoted(_ quote: UInt8) throws(ExpressionError) -> [UInt8] {
    let start = at
    at += 1
    var result: [UInt8] = []
    while at < text.count, text[at] != quote {
      switch text[at] {
      case 0x0A, 0x0D:
        throw error("the text that starts here does not end on its line", "close the quote", start..<at)
      case UInt8(ascii: "\\"): try escape(into: &result)
      case let byte:
        result.append(byte)
        at += 1
      }
    }
    guard at < text.count else {
      throw error("the text that starts here does not end", "close the quote", start..<start + 1)
    }
    at += 1
    return result
  }

  private mutating func escape(into result: inout [UInt8]) throws(ExpressionError) {
    let start = at
    at += 1
    guard let byte = peek(0) else {
      throw error("the text ends in a backslash", "write \\\\ for a backslash", start..<at)
    }
    at += 1
    switch byte {
    case UInt8(ascii: "a"): result.append(0x07)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "v"): result.append(0x0B)
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): result.append(byte)
    case 0x0A, 0x0D:
      at -= 1
      skipLineEnd()
      result.append(0x0A)
    case UInt8(ascii: "z"):
      while let blank = peek(0), blank == 0x20 || (0x09...0x0D).contains(blank) { at += 1 }
    case UInt8(ascii: "x"):
      let digits = take(2) { Character(Unicode.Scalar($0)).isHexDigit }
      guard digits.count == 2, let value = UInt8(digits, radix: 16) else {
        throw error("\\x needs two hexadecimal digits", "write \\x41 for A", start..<at)
      }
      result.append(value)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      at -= 1
      let digits = take(3, where: ExpressionLexer.isDigit)
      guard let value = UInt8(digits) else {
        throw error("\\\(digits) is more than a byte holds", "write at most \\255", start..<at)
      }
      result.append(value)
    case UInt8(ascii: "u"): try unicodeEscape(from: start, into: &result)
    default:
      let found = String(decoding: text[start..<at], as: UTF8.self)
      throw error(
        "\(byte < 0x80 ? found : "this") is no escape in Lua",
        "double the backslash, or quote with [[…]], which has no escapes",
        start..<at)
    }
  }

  private mutating func unicodeEscape(from start: Int, into result: inout [UInt8]) throws(ExpressionError) {
    guard peek(0) == UInt8(ascii: "{") else {
      throw error("\\u needs braces", "write \\u{20AC} for €", start..<at)
    }
    at += 1
    let digits = take(9) { Character(Unicode.Scalar($0)).isHexDigit }
    guard let value = UInt32(digits, radix: 16), peek(0) == UInt8(ascii: "}") else {
      throw error("\\u{…} needs hexadecimal digits", "write \\u{20AC} for €", start..<at)
    }
    at += 1
    // Lua would also encode surrogates and numbers past U+10FFFF, which no decoded text can hold.
    guard let scalar = Unicode.Scalar(value) else {
      throw error("\\u{\(digits)} is no character", "write a Unicode scalar value", start..<at)
    }
    result += Array(String(Character(scalar)).utf8)
  }

  private mutating func take(_ limit: Int, where accepts: (UInt8) -> Bool) -> String {
    let start = at
    while at < text.count, at - start < limit, accepts(text[at]) { at += 1 }
    return String(decoding: text[start..<at], as: UTF8.self)
  }

  /// As Lua reads numerals: a decimal integer that does not fit is a float, a hexadecimal one wraps around.
  private mutating func number() throws(ExpressionError) -> Literal {
    let start = at
    let isHex = text[at] == UInt8(ascii: "0") && (peek(1).map { $0 | 0x20 } == UInt8(ascii: "x"))
    if isHex { at += 2 }
    let exponent = UInt8(ascii: isHex ? "p" : "e")
    while let byte = peek(0) {
      if byte | 0x20 == exponent, let sign = peek(1), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        at += 2
      } else if ExpressionLexer.isNamePart(byte) || byte == UInt8(ascii: ".") {
        at += 1
      } else {
        break
      }
    }
    let source = String(decoding: text[start..<at], as: UTF8.self)
    let digits = isHex ? source.dropFirst(2) : source[...]
    if isHex, !digits.isEmpty, digits.allSatisfy(\.isHexDigit) {
      var value: UInt64 = 0
      for digit in digits { value = value << 4 | UInt64(digit.hexDigitValue ?? 0) }
      return .integer(Int64(bitPattern: value))
    }
    if !isHex, let value = Int64(source) { return .integer(value) }
    var end: UnsafeMutablePointer<CChar>?
    let (value, isWhole) = source.withCString { start in (strtod(start, &end), end?.pointee == 0) }
    let isNumber = isWhole && digits.contains(where: \.isHexDigit)
    guard isNumber else {
      throw error("'\(source)' is no number", "names can't start with a digit; write field(\"\(source)\")", start..<at)
    }
    return .number(value)
  }
}
