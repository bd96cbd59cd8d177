import StellaModel

extension ExpressionParser {
  /// Checks and builds `left comparison right`.
  mutating func compared(
    _ left: Operand, _ comparison: Comparison, _ right: Operand, _ operatorRange: Range<Int>, _ range: Range<Int>
  ) throws(ExpressionError) -> ConditionSyntax {
    for case .condition(let condition) in [left, right] {
      throw error(
        .type, "\(written(condition.range)) is true or false already", "leave out \(comparison.rawValue), or use not",
        condition.range)
    }
    switch (left, right) {
    case (.field(let name, let fieldRange, let isWord), .field(let other, let otherRange, let otherIsWord)):
      if name == FieldName.level, other != FieldName.level {
        return try levelTest(comparison, other, isName: otherIsWord, otherRange, range)
      }
      if other == FieldName.level, name != FieldName.level {
        return try levelTest(comparison.mirrored, name, isName: isWord, fieldRange, range)
      }
      if name == other {
        throw error(.type, "\(name) is compared with itself", "compare it with something else", range)
      }
      if comparison == .equal || comparison == .unequal, isWord, otherIsWord {
        note("\(other) without quotes is a field; write \"\(other)\" if the text is meant", otherRange)
      }
      return ConditionSyntax(.test(FieldTest(name, .compareField(comparison, other))), range)
    case (.field(let name, _, _), _): return try against(name, comparison, right, operatorRange, range)
    case (_, .field(let name, _, _)): return try against(name, comparison.mirrored, left, operatorRange, range)
    default:
      throw error(.type, "two constants are compared", "compare a field with a constant", range)
    }
  }

  private mutating func against(
    _ name: String, _ comparison: Comparison, _ other: Operand, _ operatorRange: Range<Int>, _ range: Range<Int>
  ) throws(ExpressionError) -> ConditionSyntax {
    func unordered(_ what: String) -> ExpressionError {
      error(.type, "\(what) has no order", "use == or ~=", operatorRange)
    }
    let question: FieldTest.Question
    switch other {
    case .absent:
      if comparison.isOrder { throw unordered("nil") }
      question = .present(comparison == .unequal)
    case .literal(.null, _):
      if comparison.isOrder { throw unordered("null") }
      question = .isNull(comparison == .equal)
    case .literal(let literal, let literalRange):
      if name == FieldName.level {
        guard case .text(let bytes) = literal else {
          throw error(
            .type, "level is compared with \(literal.kindName)", "write one of \(ExpressionParser.levelNames)",
            literalRange)
        }
        return try levelTest(comparison, String(decoding: bytes, as: UTF8.self), isName: true, literalRange, range)
      }
      if case .bool = literal, comparison.isOrder { throw unordered("a boolean") }
      try checkNumeric(name, literal, literalRange)
      question = .compare(comparison, literal)
    case .field, .condition: preconditionFailure("a field has a constant on its other side here")
    }
    return ConditionSyntax(.test(FieldTest(name, question)), range)
  }

  /// Refuses `status == "500"`: the decoder has made a number of that text, so it could never match.
  func checkNumeric(_ name: String, _ literal: Literal, _ range: Range<Int>) throws(ExpressionError) {
    guard FieldName.numeric.contains(name), case .text(let bytes) = literal else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let number = Double(text) else { return }
    throw error(
      .type, "numbers in \(name) are numbers, also when the log quotes them; \(written(range)) is text",
      "write \(Literal.number(number).source)", range)
  }

  static let levelNames = LogLevel.allCases.map(\.name).joined(separator: ", ")

  /// Names that other systems have for levels.
  private static let levelSynonyms: [String: LogLevel] = [
    "warn": .warning, "err": .error, "fatal": .critical, "crit": .critical, "panic": .critical, "emerg": .critical,
    "emergency": .critical, "alert": .critical, "severe": .error, "information": .info, "informational": .info,
    "verbose": .debug, "fine": .debug,
  ]

  func level(_ name: String, isName: Bool, _ range: Range<Int>) throws(ExpressionError) -> LogLevel {
    if isName, let level = FieldName.level(named: name) { return level }
    let hint =
      ExpressionParser.levelSynonyms[name.lowercased()]?.name
      ?? NearestName.of(name, in: LogLevel.allCases.map(\.name))
    throw error(
      .unknown, "\(isName ? "'\(name)'" : written(range)) is no level",
      (hint.map { "write \($0); " } ?? "") + "levels are \(ExpressionParser.levelNames)", range)
  }

  private func levelTest(
    _ comparison: Comparison, _ name: String, isName: Bool, _ nameRange: Range<Int>, _ range: Range<Int>
  ) throws(ExpressionError) -> ConditionSyntax {
    let limit = try level(name, isName: isName, nameRange)
    let levels = LogLevel.allCases.filter { level in
      switch comparison {
      case .equal: level == limit
      case .unequal: level != limit
      case .less: level < limit
      case .lessOrEqual: level <= limit
      case .greater: level > limit
      case .greaterOrEqual: level >= limit
      }
    }
    if levels.isEmpty {
      throw error(
        .type, "no level is \(comparison == .less ? "below" : "above") \(limit.name)", "write level == \(limit.name)",
        range)
    }
    let mask = levels.reduce(into: UInt8(0)) { $0 |= 1 << $1.rawValue }
    return ConditionSyntax(.test(FieldTest(FieldName.level, .level(mask))), range)
  }
}
