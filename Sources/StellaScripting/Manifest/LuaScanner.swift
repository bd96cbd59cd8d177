/// Just enough of Lua's lexer to find names and brackets outside strings and comments. O(bytes).
package struct LuaScanner {
  package enum Token: Equatable {
    case name(String)
    /// A byte of its own; `"` for a whole string, and 0 for `==`, which assigns nothing.
    case other(UInt8)
  }

  private let source: [UInt8]
  private var position = 0
  private var line = 1
  package private(set) var lineOfPreviousName = 1
  package private(set) var lineOfPreviousText = 1
  /// What the last string holds, as it is written.
  package private(set) var previousText: Range<Int> = 0..<0

  package init(source: [UInt8]) { self.source = source }

  /// The next token with the line it ends on, or nil at the end.
  package mutating func next() -> (Token, Int)? {
    while let c = byte(0) {
      if c == UInt8(ascii: "\n") {
        line += 1
        position += 1
      } else if c == UInt8(ascii: " ") || c == 9 || c == 13 {
        position += 1
      } else if c == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
        position += 2
        if !skipLongBracket() { while let d = byte(0), d != UInt8(ascii: "\n") { position += 1 } }
      } else if c == UInt8(ascii: "\"") || c == UInt8(ascii: "'") {
        lineOfPreviousText = line
        skipQuoted(c)
        return (.other(UInt8(ascii: "\"")), line)
      } else if c == UInt8(ascii: "["), skipLongBracket() {
        return (.other(UInt8(ascii: "\"")), line)
      } else if isNameByte(c) {
        let start = position
        while let d = byte(0), isNameByte(d) { position += 1 }
        lineOfPreviousName = line
        return (.name(String(decoding: source[start..<position], as: UTF8.self)), line)
      } else if c == UInt8(ascii: "="), byte(1) == UInt8(ascii: "=") {
        position += 2
        return (.other(0), line)
      } else {
        position += 1
        return (.other(c), line)
      }
    }
    return nil
  }

  private func byte(_ offset: Int) -> UInt8? {
    position + offset < source.count ? source[position + offset] : nil
  }

  private func isNameByte(_ c: UInt8) -> Bool {
    (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c == 95
  }

  private mutating func skipQuoted(_ quote: UInt8) {
    position += 1
    let start = position
    defer { previousText = start..<max(start, min(position - 1, source.count)) }
    while let c = byte(0), c != quote {
      if c == UInt8(ascii: "\n") { return }
      if c == UInt8(ascii: "\\") {
        if byte(1) == UInt8(ascii: "\n") { line += 1 }
        position += 1
      }
      position += 1
    }
    position += 1
  }

  /// Skips `[[…]]` or `[=[…]=]` when one starts here.
  private mutating func skipLongBracket() -> Bool {
    guard byte(0) == UInt8(ascii: "[") else { return false }
    var level = 0
    while byte(1 + level) == UInt8(ascii: "=") { level += 1 }
    guard byte(1 + level) == UInt8(ascii: "[") else { return false }
    position += 2 + level
    // Lua leaves out a newline right after the bracket.
    let isNewline = byte(0) == UInt8(ascii: "\n") || byte(0) == 13 && byte(1) == UInt8(ascii: "\n")
    lineOfPreviousText = isNewline ? line + 1 : line
    let start = position
    while let c = byte(0) {
      if c == UInt8(ascii: "\n") { line += 1 }
      if c == UInt8(ascii: "]") {
        var closing = 0
        while byte(1 + closing) == UInt8(ascii: "=") { closing += 1 }
        if closing == level, byte(1 + closing) == UInt8(ascii: "]") {
          previousText = start..<position
          position += 2 + level
          return true
        }
      }
      position += 1
    }
    return true
  }
}
