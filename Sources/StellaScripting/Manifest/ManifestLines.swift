/// Where each key of a rule or fix stands in its source, so that a refusal can name the line. The tables of a list have paths too:
/// `sequence[1].match`.
///
/// Finds `key =` inside the table that follows `rule` (or another constructor), at any depth of tables, outside function bodies, strings and
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

  package init(source: [UInt8], constructor: String = "rule") {
    var scanner = LuaScanner(source: source)
    var tables: [String] = []
    /// How many tables without a name each open table has had.
    var listed: [Int] = []
    var blocks = 0
    var insideRule = false
    var pendingKey: String?
    var previous = LuaScanner.Token.other(0)
    while let (token, line) = scanner.next() {
      switch token {
      case .name("function"), .name("if"), .name("do"): if insideRule { blocks += 1 }
      case .name("repeat"): if insideRule { blocks += 1 }
      case .name("end"), .name("until"): if insideRule { blocks = max(0, blocks - 1) }
      case .other(UInt8(ascii: "{")) where blocks == 0:
        if !insideRule, case .name(constructor) = previous {
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
}
