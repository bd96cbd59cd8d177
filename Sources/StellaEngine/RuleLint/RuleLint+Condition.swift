import StellaDetection
import StellaModel
import StellaScripting

extension RuleLint {
  mutating func checkCondition() {
    if steps.isEmpty && !condition.hasCheapCondition {
      warn(
        .noCheapCondition, "nothing in where singles out few events, so the rule looks at every one",
        "Add a condition that must hold for all that match: an equality, one_of, a level, contains, or a field that is there.",
        at: "where")
    }
    for note in condition.notes {
      warn(
        .condition, "where: \(note.message): \(Self.written(note.range, of: condition))",
        "Correct the condition, or leave that part out.",
        line: rule.conditionLine + Self.lines(before: note.range, of: condition))
    }
    for part in rule.conditions {
      guard let expression = try? Expression.parse(part.text) else { continue }
      check(expression.syntax, of: expression, written: part)
      checkLevels(expression, written: part)
    }
    checkNames()
    checkSpelling()
  }

  private static func written(_ range: Range<Int>, of expression: Expression) -> String {
    String(decoding: expression.text.utf8.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self)
  }

  /// Line ends in front of a part of an expression.
  private static func lines(before range: Range<Int>, of expression: Expression) -> Int {
    expression.text.utf8.prefix(range.lowerBound).count { $0 == UInt8(ascii: "\n") }
  }

  /// Looks at a part of an expression and all its parts.
  private mutating func check(_ part: ConditionSyntax, of expression: Expression, written condition: RuleCondition) {
    switch part.form {
    case .constant: break
    case .not(let inner): check(inner, of: expression, written: condition)
    case .all(let inner): for part in inner { check(part, of: expression, written: condition) }
    case .any(let inner):
      if let test = Self.oneOf(inner) {
        suggest(
          .orChain, "\(inner.count) values of \(test.field) are asked for one by one", test, for: part, of: expression,
          written: condition)
      } else {
        for part in inner { check(part, of: expression, written: condition) }
      }
    case .test(let test):
      switch test.question {
      case .oneOf(let literals):
        var seen: Set<String> = []
        let distinct = literals.filter { seen.insert($0.source).inserted }
        guard distinct.count < literals.count else { break }
        suggest(
          .duplicateValue, "a value of one_of stands there more than once", FieldTest(test.field, .oneOf(distinct)),
          for: part, of: expression, written: condition)
      case .matches(let pattern):
        guard let simpler = PlainPattern(pattern) else { break }
        suggest(
          simpler.hadWildcard ? .regexWildcard : .plainRegex,
          simpler.hadWildcard
            ? "the .* at the end of a regular expression says nothing" : "the regular expression is plain text",
          FieldTest(test.field, simpler.question), for: part, of: expression, written: condition)
      default: break
      }
    }
  }

  /// Warns with the test to write instead of a part.
  private mutating func suggest(
    _ check: LintCheck, _ message: String, _ test: FieldTest, for part: ConditionSyntax, of expression: Expression,
    written condition: RuleCondition
  ) {
    let old = Self.written(part.range, of: expression)
    // What a script puts together is written nowhere.
    guard text.contains(old) else { return }
    let line = condition.line + Self.lines(before: part.range, of: expression)
    warn(
      check, "\(condition.key): \(message)", "Write \(test.source).", line: line,
      edits: [SourceEdit(line: line, old: old, new: test.source)])
  }

  /// What a chain of `or` asks when it is three or more equalities of one field.
  private static func oneOf(_ parts: [ConditionSyntax]) -> FieldTest? {
    var field: String?
    var literals: [Literal] = []
    for part in parts {
      guard case .test(let test) = part.form, case .compare(.equal, let literal) = test.question,
        field == nil || field == test.field
      else { return nil }
      field = test.field
      if !literals.contains(literal) { literals.append(literal) }
    }
    guard let field, literals.count >= 3 else { return nil }
    return FieldTest(field, .oneOf(literals))
  }

  /// An equality with a level that leaves out what is worse.
  private mutating func checkLevels(_ expression: Expression, written condition: RuleCondition) {
    let tests = expression.syntax.tests.filter { $0.levelMask != nil }
    guard tests.count == 1, let mask = tests[0].levelMask, let text = tests.first?.source,
      let level = [LogLevel.warning, .error].first(where: { mask == 1 << $0.rawValue }),
      expression.text.contains("==")
    else { return }
    warn(
      .levelEqual, "\(condition.key): \(text) leaves out what is worse",
      "Write level >= \(level.name); when that level alone is meant, say so with one_of(level, \(level.name)).",
      line: condition.line)
  }

  /// Names that fields are known by, long enough to be told from others when one letter is wrong.
  private static let wellKnown: [String] = {
    let names = FieldAliases.fields.flatMap { [$0.name] + $0.sources.map(\.name) } + TextField.allCases.map(\.name)
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }()
  private static let isWellKnown = Set(wellKnown)
  private static let telltaleLength = 5

  /// Fields that nothing knows, but for one slip. What several rules write is meant.
  private mutating func checkSpelling() {
    var seen: Set<String> = []
    for (place, fields) in [("where", condition.fields), ("sequence", steps.flatMap(\.fields)), ("by", rule.by)] {
      for name in fields
      where name.utf8.count >= Self.telltaleLength && !Self.isWellKnown.contains(name) && !common.contains(name) {
        guard seen.insert(name).inserted, !text.contains("field(\"\(name)\")"),
          let meant = Self.wellKnown.first(where: {
            $0.utf8.count >= Self.telltaleLength && NearestName.isSlip(name, of: $0)
          })
        else { continue }
        warn(
          .misspeltField, "\(name) is no field that logs are known to have, and one letter away from \(meant)",
          "Did you mean \(meant)? When events do have \(name), say so with field(\"\(name)\").", at: place)
      }
    }
  }

  /// Fields that have a canonical name of their own.
  private mutating func checkNames() {
    var seen: Set<String> = []
    let fields = (condition.fields + steps.flatMap(\.fields) + rule.by).filter { seen.insert($0).inserted }
    for name in fields where FieldAliases.field(name) == nil && !text.contains("field(\"\(name)\")") {
      let canonical = FieldAliases.fields.first { field in
        field.sources.contains { $0.name == name && ($0.conversion == .none || $0.conversion == .numeric) }
      }
      guard let canonical else { continue }
      warn(
        .aliasField, "\(name) is what one kind of log calls \(canonical.name)",
        "Write \(canonical.name), which finds it under every name that it has; when that log alone is meant, say so with "
          + "field(\"\(name)\").",
        at: rule.by.contains(name) ? "by" : "where")
    }
  }
}
