import StellaModel

/// Recursive descent over the part of Lua's expression grammar that ``Expression`` accepts.
struct ExpressionParser {
  typealias Token = ExpressionLexer.Token

  /// Something that stands on one side of an operator.
  enum Operand {
    case condition(ConditionSyntax)
    /// `isWord`: one bare name, which opposite `level` is a level.
    case field(String, Range<Int>, isWord: Bool)
    case literal(Literal, Range<Int>)
    case absent(Range<Int>)

    var range: Range<Int> {
      switch self {
      case .condition(let condition): condition.range
      case .field(_, let range, _), .literal(_, let range), .absent(let range): range
      }
    }
  }

  static let nestingLimit = 64
  private static let comparisons = Set(Comparison.allCases.map(\.rawValue))

  let text: [UInt8]
  private(set) var notes: [ExpressionNote] = []
  private var lexer: ExpressionLexer
  private(set) var token: Token
  private(set) var lastEnd = 0
  private(set) var nesting = 0

  init(_ text: [UInt8]) throws(ExpressionError) {
    self.text = text
    lexer = ExpressionLexer(text)
    token = try lexer.next()
  }

  mutating func parse() throws(ExpressionError) -> ConditionSyntax {
    if token.kind == .end {
      throw error(.syntax, "the expression is empty", "write true to match every event", token.range)
    }
    let condition = try condition(disjunction())
    guard token.kind == .end else { throw unexpected("the expression ends before it") }
    return condition
  }

  mutating func note(_ message: String, _ range: Range<Int>) {
    notes.append(ExpressionNote(message: message, range: range))
  }

  func error(
    _ code: ExpressionError.Code, _ message: String, _ remedy: String, _ range: Range<Int>
  ) -> ExpressionError {
    ExpressionError(code, message, remedy: remedy, at: range, in: text)
  }

  /// The text of a range on one line, for messages.
  func written(_ range: Range<Int>) -> String {
    let bytes = text[range].map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
    let line = String(decoding: bytes, as: UTF8.self)
    return line.count <= 40 ? line : line.prefix(37) + "…"
  }

  mutating func advance() throws(ExpressionError) {
    lastEnd = token.range.upperBound
    token = try lexer.next()
  }

  mutating func take(_ symbol: String) throws(ExpressionError) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    try advance()
    return true
  }

  // MARK: Grammar, from the weakest operator to the strongest

  mutating func disjunction() throws(ExpressionError) -> Operand {
    let first = try conjunction()
    guard token.kind == .word("or") else { return first }
    var parts = [try condition(first)]
    while token.kind == .word("or") {
      try advance()
      parts.append(try condition(conjunction()))
    }
    return .condition(ConditionSyntax(.any(parts), first.range.lowerBound..<lastEnd))
  }

  private mutating func conjunction() throws(ExpressionError) -> Operand {
    let first = try comparison()
    guard token.kind == .word("and") else { return first }
    var parts = [try condition(first)]
    while token.kind == .word("and") {
      try advance()
      parts.append(try condition(comparison()))
    }
    return .condition(ConditionSyntax(.all(parts), first.range.lowerBound..<lastEnd))
  }

  private mutating func comparison() throws(ExpressionError) -> Operand {
    let left = try negation()
    guard let comparison = comparisonHere else { return left }
    let operatorRange = token.range
    try advance()
    let right = try negation()
    let range = left.range.lowerBound..<lastEnd
    if comparisonHere != nil {
      throw error(
        .type, "a comparison can't be compared again", "join two comparisons with and: a < b and b < c", token.range)
    }
    return .condition(try compared(left, comparison, right, operatorRange, range))
  }

  private var comparisonHere: Comparison? {
    if case .symbol(let symbol) = token.kind { Comparison(rawValue: symbol) } else { nil }
  }

  private mutating func negation() throws(ExpressionError) -> Operand {
    guard token.kind == .word("not") else { return try operand() }
    let start = token.range
    try advance()
    try enter(start)
    let inner = try negation()
    nesting -= 1
    if let comparison = comparisonHere {
      let shown = written(inner.range)
      throw error(
        .type, "not binds more tightly than \(comparison.rawValue): this negates \(shown) alone",
        "write not (\(shown) \(comparison.rawValue) …)", start.lowerBound..<token.range.upperBound)
    }
    let negated = try condition(inner)
    return .condition(ConditionSyntax(.not(negated), start.lowerBound..<lastEnd))
  }

  private mutating func enter(_ range: Range<Int>) throws(ExpressionError) {
    nesting += 1
    if nesting > ExpressionParser.nestingLimit {
      throw error(.limit, "more than \(ExpressionParser.nestingLimit) levels of nesting", "flatten it", range)
    }
  }

  private mutating func operand() throws(ExpressionError) -> Operand {
    let start = token
    switch start.kind {
    case .symbol("("):
      try advance()
      try enter(start.range)
      let inner = try disjunction()
      nesting -= 1
      guard token.kind == .symbol(")") else {
        if token.kind == .end {
          throw error(.syntax, "the parenthesis that opens here is not closed", "add )", start.range)
        }
        throw unexpected("the parenthesis opened before is not closed")
      }
      try advance()
      let range = start.range.lowerBound..<lastEnd
      switch inner {
      case .condition(let condition): return .condition(ConditionSyntax(condition.form, range))
      case .field(let name, _, let isWord): return .field(name, range, isWord: isWord)
      case .literal(let literal, _): return .literal(literal, range)
      case .absent: return .absent(range)
      }
    case .symbol("-"):
      try advance()
      guard case .number(let value) = token.kind else {
        throw error(.type, "arithmetic is not run here", ExpressionParser.arithmeticRemedy, start.range)
      }
      try advance()
      return .literal(ExpressionParser.negative(value), start.range.lowerBound..<lastEnd)
    case .number(let value):
      try advance()
      return .literal(value, start.range)
    case .string(let bytes):
      try advance()
      return .literal(.text(bytes), start.range)
    case .word("true"), .word("false"):
      try advance()
      return .literal(.bool(start.kind == .word("true")), start.range)
    case .word("nil"):
      try advance()
      return .absent(start.range)
    case .word(let word) where !FieldName.reserved.contains(word): return try name(word)
    default: throw unexpected("a field, a constant or a call belongs here")
    }
  }

  private static func negative(_ value: Literal) -> Literal {
    switch value {
    case .integer(let value): .integer(0 &- value)
    case .double(let value): .number(-value)
    default: value
    }
  }

  /// A field, `null`, or a call, by its first word.
  private mutating func name(_ word: String) throws(ExpressionError) -> Operand {
    let start = token.range
    try advance()
    if token.kind == .symbol("(") {
      try enter(token.range)
      let result = try call(word, start)
      nesting -= 1
      return try suffixed(result)
    }
    var parts = [word]
    while token.kind == .symbol(".") {
      try advance()
      guard case .word(let part) = token.kind else {
        throw error(
          .syntax, "a name belongs after the dot",
          "reach other names with field(\"\(parts.joined(separator: ".")).…\")",
          token.range)
      }
      if FieldName.reserved.contains(part) {
        let whole = (parts + [part]).joined(separator: ".")
        throw error(.syntax, "'\(part)' is a reserved word of Lua", "write field(\"\(whole)\")", token.range)
      }
      parts.append(part)
      try advance()
    }
    let range = start.lowerBound..<lastEnd
    let name = parts.joined(separator: ".")
    if name == "null" { return .literal(.null, range) }
    if parts.count > 1, FieldName.eventPrefixes.contains(parts[0]) {
      let rest = parts.dropFirst().joined(separator: ".")
      throw error(
        .unknown, "fields stand here by themselves, without '\(parts[0]).'",
        "write \(FieldName.source(rest)); field(\"\(name)\") reaches a field of that whole name", range)
    }
    return try suffixed(.field(name, range, isWord: parts.count == 1))
  }

  /// What may follow a field: a method call such as `message:contains("x")`.
  private mutating func suffixed(_ operand: Operand) throws(ExpressionError) -> Operand {
    switch token.kind {
    case .symbol(":"):
      try advance()
      guard case .word(let method) = token.kind else {
        throw error(.syntax, "a method's name belongs after the colon", "write contains(message, \"…\")", token.range)
      }
      let range = token.range
      try advance()
      guard token.kind == .symbol("(") else { throw unexpected("'\(method)' needs its arguments in parentheses") }
      return try self.method(method, range, of: operand)
    case .symbol("["):
      let name = if case .field(let name, _, _) = operand { name } else { "name" }
      throw error(.syntax, "fields are not indexed here", "write field(\"\(name).…\")", token.range)
    case .symbol("."):
      throw error(.syntax, "a call has no fields", "write the whole name: field(\"user.id\")", token.range)
    case .string, .symbol("{"): throw unexpected("arguments stand in parentheses")
    default: return operand
    }
  }

  /// Comma-separated operands in parentheses; the opening one is the current token.
  mutating func arguments(of function: String) throws(ExpressionError) -> (operands: [Operand], close: Int) {
    let open = token.range
    try advance()
    var operands: [Operand] = []
    if try take(")") { return (operands, lastEnd) }
    while true {
      operands.append(try disjunction())
      if try take(")") { return (operands, lastEnd) }
      if token.kind == .end {
        throw error(.syntax, "the parenthesis after \(function) is not closed", "add )", open)
      }
      guard try take(",") else { throw unexpected("a comma or ) belongs after an argument") }
    }
  }

  // MARK: Operands as conditions

  mutating func condition(_ operand: Operand) throws(ExpressionError) -> ConditionSyntax {
    if case .condition(let condition) = operand { return condition }
    // `status = 500` fails at the operator, not at the lonely field before it.
    switch token.kind {
    case .end, .symbol(")"), .symbol(","), .word("and"), .word("or"): break
    default: throw unexpected("an operator belongs here")
    }
    switch operand {
    case .condition(let condition): return condition
    case .literal(.bool(let value), let range): return ConditionSyntax(.constant(value), range)
    case .literal(let literal, let range):
      throw error(.type, "\(written(range)) is \(literal.kindName), not a condition", "compare it with a field", range)
    case .absent(let range):
      throw error(.type, "nil is no condition", "write a field before it: user_id == nil", range)
    case .field(let name, let range, _):
      if FieldName.canonical.contains(name) {
        throw error(
          .type, "\(name) alone is no condition: it is never a boolean",
          "write \(name) ~= nil to test that it is there",
          range)
      }
      return ConditionSyntax(.test(FieldTest(name, .isTrue)), range)
    }
  }
}
