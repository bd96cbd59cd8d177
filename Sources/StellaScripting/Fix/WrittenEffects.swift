import StellaModel

/// What the source of a fix writes in the tables of its effects.
///
/// Lua keeps no entry for a nil: `{ id = p.id }` without a `p.id` is the empty table. So what is written is read from the
/// source, and every effect is compared with it when it is made: what is written must be there.
struct WrittenEffects: Sendable {
  /// A table constructor.
  struct Table: Sendable, Hashable {
    var fields: [Field] = []
    /// The values without a name, in order.
    var items: [Table?] = []
    /// Whether a key is made at run time, as in `[name] = 1`.
    var hasComputedKeys = false

    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
  }

  struct Field: Sendable, Hashable {
    var name: String
    /// What it is set to, when that is a table constructor itself.
    var table: Table?
  }

  /// A place that can't be read.
  struct Fault: Sendable, Hashable {
    var message: String
    var remedy: String
    var line: Int
  }

  private var tables: [String: [Int: Table]] = [:]
  private(set) var faults: [Fault] = []

  /// The table of the effect `name` that the call at `line` makes.
  func table(of name: String, line: Int) -> Table? { tables[name]?[line] }

  /// Nothing is written.
  init() {}

  /// - Parameter source: of a file that has been loaded, so that its size and the depth of its brackets are bounded. O(bytes
  ///   × depth).
  init(source: [UInt8], names: [String]) {
    let reader = WrittenEffectReader(source: source)
    let paths = names.map { (name: $0, parts: $0.split(separator: ".").map(String.init)) }
    for start in reader.tokens.indices {
      guard let path = paths.first(where: { reader.isCall(of: $0.parts, at: start) }) else { continue }
      let line = reader.tokens[start].line
      let end = start + 2 * path.parts.count - 1
      guard let brace = reader.brace(at: end) else {
        if path.parts.count > 1 {
          faults.append(
            Fault(
              message: "\(path.name) is not followed by its table",
              remedy: "Write \(path.name) { … } with everything in place.", line: line))
        }
        continue
      }
      let table = reader.table(at: brace).table
      for line in Set([line, reader.tokens[brace].line]).sorted() {
        if let other = tables[path.name]?[line], other != table {
          faults.append(
            Fault(
              message: "two different \(path.name) stand on one line",
              remedy: "Give each a line of its own, so that they can be told apart.", line: line))
        }
        tables[path.name, default: [:]][line] = table
      }
    }
  }
}

/// Reads table constructors from tokens.
private struct WrittenEffectReader {
  struct Token {
    var token: LuaScanner.Token
    var line: Int
    /// What a string holds, as it is written.
    var text: String?
  }

  let tokens: [Token]

  init(source: [UInt8]) {
    var scanner = LuaScanner(source: source)
    var tokens: [Token] = []
    while let (token, line) = scanner.next() {
      let text =
        token == .other(UInt8(ascii: "\"")) ? String(decoding: source[scanner.previousText], as: UTF8.self) : nil
      tokens.append(Token(token: token, line: line, text: text))
    }
    self.tokens = tokens
  }

  private func byte(_ index: Int) -> UInt8? {
    guard tokens.indices.contains(index), case .other(let byte) = tokens[index].token else { return nil }
    return byte
  }

  private func name(_ index: Int) -> String? {
    guard tokens.indices.contains(index), case .name(let name) = tokens[index].token else { return nil }
    return name
  }

  /// Whether the name made of `parts` stands at `start`, and is neither a part of a longer one nor a key nor a
  /// declaration.
  func isCall(of parts: [String], at start: Int) -> Bool {
    for (number, part) in parts.enumerated() {
      guard name(start + 2 * number) == part else { return false }
      if number > 0, byte(start + 2 * number - 1) != UInt8(ascii: ".") { return false }
    }
    if let before = byte(start - 1), before == UInt8(ascii: ".") || before == UInt8(ascii: ":") { return false }
    if let before = name(start - 1), before == "function" || before == "local" { return false }
    return true
  }

  /// Where the table of the call that goes on at `index` begins, in parentheses or not.
  func brace(at index: Int) -> Int? {
    let index = byte(index) == UInt8(ascii: "(") ? index + 1 : index
    return byte(index) == UInt8(ascii: "{") ? index : nil
  }

  /// Deeper than any source that can be loaded.
  private static let depthLimit = 200

  /// The table constructor at `open`, and where it ends.
  func table(at open: Int, depth: Int = 0) -> (table: WrittenEffects.Table, end: Int) {
    var table = WrittenEffects.Table()
    var index = open + 1
    while index < tokens.count, byte(index) != UInt8(ascii: "}") {
      if isSeparator(index) {
        index += 1
        continue
      }
      var key: String?
      var isComputed = false
      if let name = name(index), byte(index + 1) == UInt8(ascii: "=") {
        key = name
        index += 2
      } else if byte(index) == UInt8(ascii: "["), let close = closing(of: index) {
        // An escape would have to be undone first.
        if close == index + 2, let text = tokens[index + 1].text, !text.utf8.contains(UInt8(ascii: "\\")) {
          key = text
        } else {
          isComputed = true
        }
        index = close + 2
      }
      var value: WrittenEffects.Table?
      if byte(index) == UInt8(ascii: "{"), depth < WrittenEffectReader.depthLimit {
        let (inner, end) = self.table(at: index, depth: depth + 1)
        if isSeparator(end + 1) || byte(end + 1) == UInt8(ascii: "}") { value = inner }
        index = end + 1
      }
      index = endOfExpression(from: index)
      if isComputed {
        table.hasComputedKeys = true
      } else if let key {
        table.fields.append(.init(name: key, table: value))
      } else {
        table.items.append(value)
      }
    }
    return (table, index)
  }

  private func isSeparator(_ index: Int) -> Bool {
    byte(index) == UInt8(ascii: ",") || byte(index) == UInt8(ascii: ";")
  }

  private func closing(of open: Int) -> Int? {
    var depth = 0
    for index in open..<tokens.count {
      if byte(index) == UInt8(ascii: "[") { depth += 1 }
      if byte(index) == UInt8(ascii: "]") {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  /// The separator or brace that ends the expression which goes on at `start`.
  private func endOfExpression(from start: Int) -> Int {
    var brackets = 0
    var blocks = 0
    var index = start
    while index < tokens.count {
      switch tokens[index].token {
      case .name("function"), .name("if"), .name("do"), .name("repeat"): blocks += 1
      case .name("end"), .name("until"): blocks -= 1
      case .other(UInt8(ascii: "(")), .other(UInt8(ascii: "[")), .other(UInt8(ascii: "{")): brackets += 1
      case .other(UInt8(ascii: "}")) where brackets == 0: return index
      case .other(UInt8(ascii: ")")), .other(UInt8(ascii: "]")), .other(UInt8(ascii: "}")): brackets -= 1
      case .other(UInt8(ascii: ",")), .other(UInt8(ascii: ";")):
        if brackets == 0 && blocks <= 0 { return index }
      default: break
      }
      index += 1
    }
    return index
  }
}
