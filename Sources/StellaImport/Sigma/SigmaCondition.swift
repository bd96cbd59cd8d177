/// The condition of a detection as it is written: names of searches joined by operators.
package indirect enum SigmaCondition: Sendable, Hashable {
  case search(String)
  /// `1 of`, `all of`, `2 of`: how many of the searches that the pattern names.
  case quantified(Quantity, of: String)
  case not(SigmaCondition)
  case all([SigmaCondition])
  case any([SigmaCondition])

  package enum Quantity: Sendable, Hashable {
    case all
    case atLeast(Int)
  }

  /// What stands behind `|` in old rules.
  package enum Aggregation: Sendable, Hashable {
    case compared(Function, field: String?, by: [String], Bound)
    /// The searches that come near, each alone, and those that must not.
    case near(SigmaCondition)
  }

  package enum Function: String, Sendable, Hashable {
    case count, sum, avg, min, max
  }

  package struct Bound: Sendable, Hashable {
    package enum Operator: String, Sendable, Hashable {
      case less = "<"
      case lessOrEqual = "<="
      case greater = ">"
      case greaterOrEqual = ">="
      case equal = "=="
      case unequal = "~="
    }
    package var relation: Operator
    package var value: Double
  }
}

/// Reads conditions: `not` binds most tightly, then `and`, then `or`.
struct SigmaConditionParser {
  private let text: String
  private let line: Int
  private let tokens: [String]
  private var at = 0
  private var nesting = 0
  private static let nestingLimit = 50

  private init(_ text: String, line: Int) {
    self.text = text
    self.line = line
    var tokens: [String] = []
    var word = ""
    func isWordPart(_ c: Character) -> Bool { !c.isWhitespace && !"()|<>=!,".contains(c) }
    for c in text {
      if isWordPart(c) {
        word.append(c)
        continue
      }
      if !word.isEmpty { tokens.append(word) }
      word = ""
      if c.isWhitespace { continue }
      if c == "=", let last = tokens.last, ["<", ">", "=", "!"].contains(last) {
        tokens[tokens.count - 1] += "="
      } else {
        tokens.append(String(c))
      }
    }
    if !word.isEmpty { tokens.append(word) }
    self.tokens = tokens
  }

  static func parse(
    _ text: String, line: Int
  ) throws(SigmaRefusal) -> (condition: SigmaCondition, aggregation: SigmaCondition.Aggregation?) {
    var parser = SigmaConditionParser(text, line: line)
    let condition = try parser.disjunction()
    guard parser.at < parser.tokens.count else { return (condition, nil) }
    guard parser.take("|") else { throw parser.unexpected("and, or, | or the end") }
    let aggregation = try parser.aggregation()
    guard parser.at == parser.tokens.count else { throw parser.unexpected("the end") }
    return (condition, aggregation)
  }

  private func refusal(_ message: String, _ remedy: String) -> SigmaRefusal {
    SigmaRefusal(.condition, message, remedy, line: line)
  }

  private func unexpected(_ wanted: String) -> SigmaRefusal {
    let found = at < tokens.count ? "found '\(tokens[at])'" : "it ends"
    return refusal("the condition `\(text)` wants \(wanted) where \(found)", "Correct the condition.")
  }

  private var word: String? { at < tokens.count ? tokens[at] : nil }

  private mutating func take(_ token: String) -> Bool {
    guard word?.lowercased() == token else { return false }
    at += 1
    return true
  }

  private mutating func disjunction() throws(SigmaRefusal) -> SigmaCondition {
    var parts = [try conjunction()]
    while take("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(SigmaRefusal) -> SigmaCondition {
    var parts = [try negation()]
    while take("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(SigmaRefusal) -> SigmaCondition {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= SigmaConditionParser.nestingLimit else {
      throw refusal("the condition nests deeper than \(SigmaConditionParser.nestingLimit) levels", "Flatten it.")
    }
    if take("not") { return .not(try negation()) }
    if take("(") {
      let inner = try disjunction()
      guard take(")") else { throw unexpected(")") }
      return inner
    }
    guard let first = word, !SigmaConditionParser.isReserved(first) else { throw unexpected("the name of a search") }
    at += 1
    guard word?.lowercased() == "of" else {
      // A bare pattern such as `selection*` never was in the specification.
      if first.contains("*") { throw refusal("`\(first)` stands without a number", "Write 1 of \(first).") }
      return .search(first)
    }
    at += 1
    guard let pattern = word, !SigmaConditionParser.isReserved(pattern) else { throw unexpected("them or a pattern") }
    at += 1
    switch first.lowercased() {
    case "all": return .quantified(.all, of: pattern)
    case "any": return .quantified(.atLeast(1), of: pattern)
    default:
      guard let number = Int(first), number > 0 else {
        throw refusal("`\(first) of \(pattern)` counts nothing", "Write 1 of, all of, any of, or a number.")
      }
      return .quantified(.atLeast(number), of: pattern)
    }
  }

  private static func isReserved(_ word: String) -> Bool {
    ["and", "or", "not", "of", "(", ")", "|", "<", ">", "=", "==", "<=", ">=", "!=", "!", ","].contains(
      word.lowercased())
  }

  private mutating func aggregation() throws(SigmaRefusal) -> SigmaCondition.Aggregation {
    if take("near") { return .near(try disjunction()) }
    guard let name = word, let function = SigmaCondition.Function(rawValue: name.lowercased()) else {
      throw unexpected("count, sum, avg, min, max or near")
    }
    at += 1
    guard take("(") else { throw unexpected("(") }
    var field: String?
    if !take(")") {
      field = word
      at += 1
      guard take(")") else { throw unexpected(")") }
    }
    var by: [String] = []
    if take("by") {
      repeat {
        guard let name = word, !SigmaConditionParser.isReserved(name) else { throw unexpected("a field") }
        by.append(name)
        at += 1
      } while take(",")
    }
    guard let symbol = word else { throw unexpected("a comparison") }
    let relation: SigmaCondition.Bound.Operator
    switch symbol {
    case "=", "==": relation = .equal
    case "!=": relation = .unequal
    default:
      guard let known = SigmaCondition.Bound.Operator(rawValue: symbol) else { throw unexpected("a comparison") }
      relation = known
    }
    at += 1
    guard let text = word, let value = Double(text), value.isFinite else { throw unexpected("a number") }
    at += 1
    if function != .count, field == nil {
      throw refusal("\(function.rawValue)() has no field", "Write \(function.rawValue)(field).")
    }
    return .compared(function, field: field, by: by, SigmaCondition.Bound(relation: relation, value: value))
  }
}
