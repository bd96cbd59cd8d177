/// Where each key of a rule stands in its source, so that a refusal can name the line. The tables of a list have paths too:
/// `sequence[1].match`.
///
/// Finds `key =` inside the table that follows `rule`, at any depth of tables, outside function bodies, strings and
/// comments. One pass over the source, O(bytes).
package struct ManifestLines: Sendable {
  private var lines: [String: Int] = [:]
  private var textLines: [String: Int] = [:]
  /// The line of `rule`; 1 when there is none.
  package private(set) var ruleLine = 1

  /// The line of the key at `path` (such as `threshold.count`), else of its nearest ancestor, else of `rule`.
  package func line(of path: String) -> Int {
    var path = path[...]
    while true {
      if let line = lines[String(path)] { return line }
      guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return ruleLine }
      path = path[..<end]
    }
  }

  /// The line on which the text that the key at `path` is set to begins: for `[[` at the end of a line, the next one.
  package func textLine(of path: String) -> Int { textLines[path] ?? line(of: path) }

  /// Whether the rule writes the key at `path` itself.
  package func contains(_ path: String) -> Bool { lines[path] != nil }

  package init(source: [UInt8]) {
    var scanner = Scanner(source: source)
    var tables: [String] = []
    /// How many tables without a name each open table has had.
    var listed: [Int] = []
    var blocks = 0
    var insideRule = false
    var pendingKey: String?
    var previous = Token.other(0)
    while let (token, line) = scanner.next() {
      switch token {
      case .name("function"), .name("if"), .name("do"): if insideRule { blocks += 1 }
      case .name("repeat"): if insideRule { blocks += 1 }
      case .name("end"), .name("until"): if insideRule { blocks = max(0, blocks - 1) }
      case .other(UInt8(ascii: "{")) where blocks == 0:
        if !insideRule, case .name("rule") = previous {
          insideRule = true
          ruleLine = line
          tables = [""]
          listed = [0]
        } else if insideRule {
          let parent = tables.last ?? ""
          if let name = pendingKey {
            tables.append(parent.isEmpty ? name : parent + "." + name)
          } else {
            listed[listed.count - 1] += 1
            tables.append("\(parent)[\(listed[listed.count - 1])]")
            lines[tables[tables.count - 1]] = line
          }
          listed.append(0)
        }
        pendingKey = nil
      case .other(UInt8(ascii: "}")) where blocks == 0 && insideRule:
        tables.removeLast()
        listed.removeLast()
        if tables.isEmpty { return }
        pendingKey = nil
      case .other(UInt8(ascii: ",")), .other(UInt8(ascii: ";")): if blocks == 0 { pendingKey = nil }
      case .other(UInt8(ascii: "=")) where blocks == 0 && insideRule:
        if case .name(let name) = previous, let table = tables.last {
          let path = table.isEmpty ? name : table + "." + name
          if lines[path] == nil { lines[path] = scanner.lineOfPreviousName }
          pendingKey = name
        }
      case .other(UInt8(ascii: "\"")) where blocks == 0 && insideRule:
        if case .other(UInt8(ascii: "=")) = previous, let name = pendingKey, let table = tables.last {
          let path = table.isEmpty ? name : table + "." + name
          if textLines[path] == nil { textLines[path] = scanner.lineOfPreviousText }
        }
      default: break
      }
      previous = token
    }
  }

  private enum Token: Equatable {
    case name(String)
    case other(UInt8)
  }

  /// Just enough of Lua's lexer to skip strings and comments.
  private struct Scanner {
    let source: [UInt8]
    var position = 0
    var line = 1
    var lineOfPreviousName = 1
    var lineOfPreviousText = 1

    init(source: [UInt8]) { self.source = source }

    private func byte(_ offset: Int) -> UInt8? {
      position + offset < source.count ? source[position + offset] : nil
    }

    mutating func next() -> (Token, Int)? {
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

    private func isNameByte(_ c: UInt8) -> Bool {
      (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c == 95
    }

    private mutating func skipQuoted(_ quote: UInt8) {
      position += 1
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
      while let c = byte(0) {
        if c == UInt8(ascii: "\n") { line += 1 }
        if c == UInt8(ascii: "]") {
          var closing = 0
          while byte(1 + closing) == UInt8(ascii: "=") { closing += 1 }
          if closing == level, byte(1 + closing) == UInt8(ascii: "]") {
            position += 2 + level
            return true
          }
        }
        position += 1
      }
      return true
    }
  }
}
