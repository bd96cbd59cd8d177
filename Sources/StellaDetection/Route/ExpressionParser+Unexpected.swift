extension ExpressionParser {
  static let arithmeticRemedy = "write the result as a constant; what a rule has to compute it does in its on(e, s)"

  /// The error for a token that can't stand where it stands, with the remedy for what people write elsewhere.
  func unexpected(_ context: String) -> ExpressionError {
    if lastEnd == token.range.lowerBound, text[..<lastEnd].suffix(2).elementsEqual("]]".utf8), token.kind != .end {
      return error(
        .syntax, "found '\(written(token.range))' right after text that ended at ]]",
        "when the text holds ]], write [=[…]=] around it", token.range)
    }
    switch token.kind {
    case .end: return error(.syntax, "the expression ends too early", context, token.range)
    case .number, .string: return error(.syntax, "found \(written(token.range))", missingOperator(context), token.range)
    case .word(let word): return misplaced(word, context)
    case .symbol(let symbol):
      let known = symbol == ")" && nesting > 0 ? nil : ExpressionParser.foreign[symbol]
      let (message, remedy) = known ?? ("found '\(symbol)'", context)
      return error(.syntax, message, remedy, token.range)
    }
  }

  private func missingOperator(_ context: String) -> String { "\(context); is an operator missing before it?" }

  private func misplaced(_ word: String, _ context: String) -> ExpressionError {
    let found = "found '\(word)'"
    let lower = word.lowercased()
    if ["and", "or", "not"].contains(lower), lower != word {
      return error(.syntax, found, "write \(lower)", token.range)
    }
    if lower == "in" { return error(.syntax, found, "write \(ExpressionFunction.oneOf.usage)", token.range) }
    if lower == "is" { return error(.syntax, found, "write == nil or ~= nil", token.range) }
    if lower == "between" {
      return error(.syntax, found, "write duration_ms >= 100 and duration_ms <= 200", token.range)
    }
    if let function = ExpressionFunction(rawValue: lower) ?? ExpressionFunction.synonyms[lower] {
      return error(.syntax, found, "write \(function.usage)", token.range)
    }
    if FieldName.reserved.contains(word) {
      return error(
        .syntax, "'\(word)' is a reserved word of Lua", "write field(\"\(word)\") if a field is meant", token.range)
    }
    return error(.syntax, found, missingOperator(context), token.range)
  }

  private static let foreign: [String: (String, String)] = {
    var table: [String: (String, String)] = [
      "=": ("'=' assigns in Lua", "write == to compare"),
      "===": ("'===' is no operator of Lua", "write =="),
      "!": ("'!' is no operator of Lua", "write not"),
      "&&": ("'&&' is no operator of Lua", "write and"),
      "||": ("'||' is no operator of Lua", "write or"),
      "=>": ("'=>' is no operator of Lua", "write >="),
      "=<": ("'=<' is no operator of Lua", "write <="),
      "=~": ("'=~' is no operator of Lua", "write \(ExpressionFunction.matches.usage), or ~= for unequal"),
      ")": ("found ')' without its opening parenthesis", "remove it"),
      "{": ("tables are not built here", "write \(ExpressionFunction.oneOf.usage)"),
      ";": ("an expression ends without a semicolon", "remove it"),
      "#": ("lengths are not taken here", "use matches(message, [[^.{10,}$]])"),
      "..": ("text is not joined here", "write the result as a constant"),
      "&": ("'&' is arithmetic on bits, which is not run here", "write and"),
      "|": ("'|' is arithmetic on bits, which is not run here", "write or"),
    ]
    for unequal in ["!=", "<>", "!=="] { table[unequal] = ("'\(unequal)' is no operator of Lua", "write ~=") }
    for arithmetic in ["+", "-", "*", "/", "//", "%", "^", "<<", ">>", "~"] {
      table[arithmetic] = ("arithmetic is not run here", arithmeticRemedy)
    }
    return table
  }()
}
