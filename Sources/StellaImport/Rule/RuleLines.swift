/// Something that writes the keys of a rule, one behind the other.
protocol RuleLines {
  var lines: [String] { get set }
}

extension RuleLines {
  mutating func add(_ key: String, _ value: String) { lines.append("  \(key) = \(value),") }

  mutating func addList(_ key: String, _ values: [String]) {
    guard !values.isEmpty else { return }
    let quoted = values.map(LuaText.quoted)
    let whole = "  \(key) = { \(quoted.joined(separator: ", ")) },"
    if whole.count <= 110 {
      lines.append(whole)
    } else {
      lines.append("  \(key) = {")
      lines += quoted.map { "    \($0)," }
      lines.append("  },")
    }
  }

  mutating func addCondition(_ key: String, _ condition: ImportedCondition, indent: String = "  ") {
    let source = condition.lines
    if source.count == 1, source[0].count <= 90 {
      lines.append("\(indent)\(key) = \(LuaText.inline(source[0])),")
    } else {
      lines.append("\(indent)\(key) = \(LuaText.block(source.map { "\(indent)  " + $0 }, indent: indent)),")
    }
  }
}
