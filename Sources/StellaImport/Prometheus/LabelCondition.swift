import StellaDetection

/// A matcher of a selector as a condition on events, and as Lua.
///
/// A label that an event lacks counts as the empty text, as in Prometheus; one that a log writes as a number counts as its
/// digits.
struct LabelCondition: Hashable {
  let matcher: PromQLSelector.Matcher
  let condition: ImportedCondition
  /// A Lua expression over `label`, the label's text.
  private let test: String?

  /// - Parameter field: of the event.
  init(_ matcher: PromQLSelector.Matcher, field: String) throws(PrometheusRefusal) {
    self.matcher = matcher
    if field == FieldName.level {
      throw PrometheusRefusal(
        .field, "the label \(matcher.label) would be the event's level, which is no text",
        "Keep labels under another name: --label 'labels.{}'.")
    }
    let isNumeric = FieldAliases.field(field)?.isNumeric == true
    let missing = ImportedCondition.test(FieldTest(field, .present(false)))
    let positive: ImportedCondition
    switch matcher.relation {
    case .equal, .unequal:
      positive = LabelCondition.equality(field, [matcher.value], isNumeric: isNumeric)
      let sign = matcher.relation == .equal ? "==" : "~="
      test = "label(e, \(LuaText.quoted(field))) \(sign) \(LuaText.quoted(matcher.value))"
    case .matches, .matchesNot:
      let pattern = try LabelPattern(matcher.value)
      positive = try LabelCondition.matching(field, pattern, missing: missing, isNumeric: isNumeric)
      test = LabelCondition.lua(field, pattern, isNegated: matcher.relation == .matchesNot)
    }
    let isNegated = matcher.relation == .unequal || matcher.relation == .matchesNot
    condition = isNegated ? .negation(of: positive) : positive
  }

  /// The test in Lua, which needs the function `label`.
  ///
  /// - Throws: when patterns of Lua can't say it.
  var lua: String {
    get throws(PrometheusRefusal) {
      guard let test else {
        throw PrometheusRefusal(
          .selector,
          "the pattern of \(matcher.label)=~\"\(matcher.value)\" has to be tried by a script, to tell apart what the "
            + "expression reads, and has more in it than texts, classes and single characters with * + ?",
          "Write it as texts with | between them, or make a rule of each side.")
      }
      return test
    }
  }

  private static func equality(_ field: String, _ texts: [String], isNumeric: Bool) -> ImportedCondition {
    var literals: [Literal] = []
    var isEmptyAmong = false
    for text in texts {
      if text.isEmpty {
        isEmptyAmong = true
        continue
      }
      let number = Int64(text).flatMap { "\($0)" == text ? Literal.integer($0) : nil }
      if let number { literals.append(number) }
      if !isNumeric || number == nil { literals.append(.text(Array(text.utf8))) }
    }
    var parts: [ImportedCondition] = []
    if literals.count == 1 { parts.append(.test(FieldTest(field, .compare(.equal, literals[0])))) }
    if literals.count > 1 { parts.append(.test(FieldTest(field, .oneOf(literals)))) }
    if isEmptyAmong {
      parts.append(.test(FieldTest(field, .present(false))))
      if !isNumeric { parts.append(.test(FieldTest(field, .compare(.equal, .text([]))))) }
    }
    return .disjunction(of: parts)
  }

  private static func matching(
    _ field: String, _ pattern: LabelPattern, missing: ImportedCondition, isNumeric: Bool
  ) throws(PrometheusRefusal) -> ImportedCondition {
    switch pattern.source {
    case ".*": return .constant(true)
    case ".+":
      let empty = FieldTest(field, .compare(.equal, .text([])))
      let there = ImportedCondition.test(FieldTest(field, .present(true)))
      return isNumeric ? there : .conjunction(of: [there, .negation(of: .test(empty))])
    default: break
    }
    if let texts = pattern.texts { return equality(field, texts, isNumeric: isNumeric) }
    let ranges = (pattern.alternatives ?? []).compactMap(\.numbers)
    let texts = (pattern.alternatives ?? []).compactMap(\.text)
    var parts = ranges.map { range in
      ImportedCondition.conjunction(of: [
        .test(FieldTest(field, .compare(.greaterOrEqual, .integer(range.lowerBound)))),
        .test(FieldTest(field, .compare(.lessOrEqual, .integer(range.upperBound)))),
      ])
    }
    if isNumeric {
      guard let alternatives = pattern.alternatives, ranges.count + texts.count == alternatives.count else {
        throw PrometheusRefusal(
          .field, "\(field) is a number in events, and the pattern \(pattern.source) is one for texts",
          "Write digits and dots, such as 5.., or keep labels under another name: --label 'labels.{}'.")
      }
      if !texts.isEmpty { parts.append(equality(field, texts, isNumeric: true)) }
      return .disjunction(of: parts)
    }
    parts.insert(.test(text(field, pattern.source)), at: 0)
    if pattern.matchesNothing { parts.append(missing) }
    let numbers = texts.filter { Int64($0).map { "\($0)" } == $0 }
    if !numbers.isEmpty { parts.append(equality(field, numbers, isNumeric: true)) }
    return .disjunction(of: parts)
  }

  /// `.*text`, `text.*` and `.*text.*` need no regular expression.
  private static func text(_ field: String, _ source: String) -> FieldTest {
    var body = source[...]
    let isOpenAtStart = body.hasPrefix(".*")
    if isOpenAtStart { body = body.dropFirst(2) }
    let isOpenAtEnd = body.hasSuffix(".*")
    if isOpenAtEnd { body = body.dropLast(2) }
    if let texts = try? LabelPattern(String(body)).texts, texts.count == 1, !texts[0].isEmpty {
      let needle = Array(texts[0].utf8)
      switch (isOpenAtStart, isOpenAtEnd) {
      case (true, true): return FieldTest(field, .text(.contains, needle, ignoringCase: false))
      case (true, false): return FieldTest(field, .text(.endswith, needle, ignoringCase: false))
      case (false, true): return FieldTest(field, .text(.startswith, needle, ignoringCase: false))
      case (false, false): break
      }
    }
    return FieldTest(field, .matches(Array(LabelPattern.anchored(source).utf8)))
  }

  private static func lua(_ field: String, _ pattern: LabelPattern, isNegated: Bool) -> String? {
    guard let alternatives = pattern.alternatives else { return nil }
    let name = "label(e, \(LuaText.quoted(field)))"
    let tests = alternatives.map { alternative in
      if let text = alternative.text { return "\(name) == \(LuaText.quoted(text))" }
      return "\(name):find(\(LuaText.quoted("^\(alternative.lua)$"))) ~= nil"
    }
    let whole = tests.joined(separator: " or ")
    return isNegated ? "not (\(whole))" : tests.count > 1 ? "(\(whole))" : whole
  }
}
