import StellaDetection
import StellaModel

/// Turns a detection into a condition on the events of one view.
struct ConditionBuilder {
  let view: FieldMapping.View
  let placeholders: [String: [String]]
  /// Whether a function may look into fields that are lists.
  let looksIntoLists: Bool
  /// What a person should know about the conversion, each once.
  private(set) var notes: [String] = []
  private static let combinationLimit = 500

  init(view: FieldMapping.View, placeholders: [String: [String]], looksIntoLists: Bool) {
    self.view = view
    self.placeholders = placeholders
    self.looksIntoLists = looksIntoLists
  }

  private mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  // MARK: - Conditions

  /// - Parameter line: of the condition, for refusals.
  mutating func condition(
    _ condition: SigmaCondition, in detection: SigmaDetection, line: Int
  ) throws(SigmaRefusal) -> ImportedCondition {
    switch condition {
    case .search(let name):
      guard let search = detection.searches.first(where: { $0.name == name })?.search else {
        let names = detection.searches.map(\.name)
        let hint = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
        throw SigmaRefusal(
          .condition, "the condition names \(name), and there is no such search",
          hint + "There are: \(names.joined(separator: ", ")).", line: line)
      }
      return try self.search(search)
    case .quantified(let quantity, let pattern):
      let found = detection.searches.filter { ConditionBuilder.matches($0.name, pattern) }
      guard !found.isEmpty else {
        throw SigmaRefusal(
          .condition, "`\(pattern)` names no search",
          "There are: \(detection.searches.map(\.name).joined(separator: ", ")).", line: line)
      }
      var parts: [ImportedCondition] = []
      for (_, search) in found { parts.append(try self.search(search)) }
      return try ConditionBuilder.joined(parts, quantity, pattern, line: line)
    case .not(let inner): return .negation(of: try self.condition(inner, in: detection, line: line))
    case .all(let parts): return .conjunction(of: try conditions(parts, in: detection, line: line))
    case .any(let parts): return .disjunction(of: try conditions(parts, in: detection, line: line))
    }
  }

  private mutating func conditions(
    _ parts: [SigmaCondition], in detection: SigmaDetection, line: Int
  ) throws(SigmaRefusal) -> [ImportedCondition] {
    var result: [ImportedCondition] = []
    for part in parts { result.append(try condition(part, in: detection, line: line)) }
    return result
  }

  /// Searches whose name begins with an underscore are only for those who name them so.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    if name.hasPrefix("_"), !pattern.hasPrefix("_") { return false }
    return pattern.lowercased() == "them" || matches(name.utf8[...], pattern.utf8[...])
  }

  private static func matches(_ name: Substring.UTF8View, _ pattern: Substring.UTF8View) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == UInt8(ascii: "*") {
      let rest = pattern.dropFirst()
      var tail = name
      while true {
        if matches(tail, rest) { return true }
        if tail.isEmpty { return false }
        tail = tail.dropFirst()
      }
    }
    return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
  }

  private static func joined(
    _ parts: [ImportedCondition], _ quantity: SigmaCondition.Quantity, _ pattern: String, line: Int
  ) throws(SigmaRefusal) -> ImportedCondition {
    switch quantity {
    case .all: return .conjunction(of: parts)
    case .atLeast(1): return .disjunction(of: parts)
    case .atLeast(let count):
      var choices: [[ImportedCondition]] = [[]]
      var complete: [[ImportedCondition]] = []
      for part in parts {
        for choice in choices {
          let longer = choice + [part]
          if longer.count == count { complete.append(longer) } else { choices.append(longer) }
        }
        if choices.count + complete.count > combinationLimit {
          throw SigmaRefusal(
            .size, "`\(count) of \(pattern)` has more than \(combinationLimit) combinations", "Name fewer searches.",
            line: line)
        }
      }
      return .disjunction(of: complete.map { .conjunction(of: $0) })
    }
  }

  private mutating func search(_ search: SigmaDetection.Search) throws(SigmaRefusal) -> ImportedCondition {
    switch search {
    case .item(let item): return try self.item(item)
    case .all(let parts):
      var result: [ImportedCondition] = []
      for part in parts { result.append(try self.search(part)) }
      return .conjunction(of: result)
    case .any(let parts):
      var result: [ImportedCondition] = []
      for part in parts { result.append(try self.search(part)) }
      return .disjunction(of: result)
    }
  }

  // MARK: - Items

  private mutating func item(_ item: SigmaItem) throws(SigmaRefusal) -> ImportedCondition {
    let values = try ItemValues(item, placeholders: placeholders)
    var parts: [ImportedCondition] = []
    for group in values.groups {
      var alternatives: [ImportedCondition] = []
      for value in group { alternatives.append(try condition(item, value, isCased: values.isCased)) }
      parts.append(.disjunction(of: alternatives))
    }
    // Different from the values: from each of them.
    if values.isNegated { return .negation(of: .disjunction(of: parts)) }
    return values.needsAll ? .conjunction(of: parts) : .disjunction(of: parts)
  }

  private mutating func condition(
    _ item: SigmaItem, _ value: ItemValues.Value, isCased: Bool
  ) throws(SigmaRefusal) -> ImportedCondition {
    guard let field = item.field else { return try keyword(item, value, isCased: isCased) }
    let names = view.names(of: field)
    switch value {
    case .null:
      return .conjunction(
        of: names.map { .any([.test(FieldTest($0, .present(false))), .test(FieldTest($0, .isNull(true)))]) })
    case .exists(false): return .conjunction(of: names.map { .test(FieldTest($0, .present(false))) })
    case .exists(true): return .disjunction(of: names.map { .test(FieldTest($0, .present(true))) })
    case .field(let other):
      note("\(field) and \(other) are compared with regard to upper and lower case")
      return .disjunction(
        of: names.flatMap { name in
          view.names(of: other).compactMap { other in
            name == other ? nil : .test(FieldTest(name, .compareField(.equal, other)))
          }
        })
    default:
      if view.lists.contains(field) {
        if looksIntoLists, case .pattern(let pattern) = value, pattern.parts.first == .anything,
          pattern.parts.last == .anything, let keyword = KeywordText(pattern, isCased: isCased, fields: names)
        {
          note("\(field) may be a list, into which a function looks")
          return .keyword(keyword)
        }
        note("\(field) may be a list in some events, and this rule does not look into lists")
      }
      var tests: [ImportedCondition] = []
      for name in names { tests.append(try test(name, value, item, isCased: isCased)) }
      return .disjunction(of: tests)
    }
  }

  private mutating func keyword(
    _ item: SigmaItem, _ value: ItemValues.Value, isCased: Bool
  ) throws(SigmaRefusal) -> ImportedCondition {
    let searched: ItemValues.Value
    switch value {
    case .pattern(let pattern): searched = .pattern(pattern.containing())
    case .literal(_, let texts): searched = .pattern(SigmaPattern(texts[0]).containing())
    case .regularExpression: searched = value
    default:
      throw SigmaRefusal(
        .value, "a keyword is no text", "Write a text, or name the field it belongs to.", line: item.line)
    }
    guard !view.keywords.isEmpty else { return try searchedKeyword(item, searched, isCased: isCased) }
    note("keywords are looked for in \(view.keywords.joined(separator: ", "))")
    var tests: [ImportedCondition] = []
    for name in view.keywords { tests.append(try test(name, searched, item, isCased: isCased)) }
    return .disjunction(of: tests)
  }

  /// Of a mapping that has no field with the text of events: a function goes through all of their values.
  private mutating func searchedKeyword(
    _ item: SigmaItem, _ value: ItemValues.Value, isCased: Bool
  ) throws(SigmaRefusal) -> ImportedCondition {
    guard !view.searched.isEmpty else {
      throw SigmaRefusal(
        .keywords,
        "keywords are looked for in the whole text of an event, and the mapping names no field that holds it",
        "Add keywords: [field, …] to the mapping.", line: item.line)
    }
    guard case .pattern(let pattern) = value,
      let keyword = KeywordText(pattern, isCased: isCased, fields: view.searched)
    else {
      throw SigmaRefusal(
        .keywords, "a keyword is a pattern, and a function looks for plain texts in the values of an event",
        "Add keywords: [field, …] to the mapping, or name the field.", line: item.line)
    }
    note("keywords are looked for by a function, in every value of \(view.searched.joined(separator: ", "))")
    return .keyword(keyword)
  }

  // MARK: - Tests of one field

  private mutating func test(
    _ name: String, _ value: ItemValues.Value, _ item: SigmaItem, isCased: Bool
  ) throws(SigmaRefusal) -> ImportedCondition {
    if name == FieldName.level { return try level(value, item) }
    let isNumeric = FieldAliases.field(name)?.isNumeric == true
    switch value {
    case .literal(let literal, let texts):
      if isNumeric, literal.isNumber { return .test(FieldTest(name, .compare(.equal, literal))) }
      if case .bool = literal {
        return .disjunction(of: [
          .test(FieldTest(name, .compare(.equal, literal))),
          .test(FieldTest(name, .text(.equals, Array(texts[0].utf8), ignoringCase: true))),
        ])
      }
      return .test(FieldTest(name, .oneOf([literal] + texts.map { .text(Array($0.utf8)) })))
    case .compared(let comparison, let literal):
      if !isNumeric {
        note("\(comparison.rawValue) compares numbers: a number that the log writes as text is passed over")
      }
      return .test(FieldTest(name, .compare(comparison, literal)))
    case .networks(let blocks): return .test(FieldTest(name, .cidr(blocks)))
    case .regularExpression(let pattern):
      try refuseText(on: name, isNumeric, item)
      return .test(FieldTest(name, .matches(Array(pattern.utf8))))
    case .pattern(let pattern): return try text(name, pattern, item, isCased: isCased, isNumeric: isNumeric)
    case .null, .exists, .field: preconditionFailure("these are no tests of one value")
    }
  }

  private func refuseText(on name: String, _ isNumeric: Bool, _ item: SigmaItem) throws(SigmaRefusal) {
    if isNumeric {
      throw SigmaRefusal(
        .field, "\(item.field ?? name) is the number \(name) in events, and its text is compared",
        "Compare the number: lt, lte, gt, gte or a list.", line: item.line)
    }
  }

  private mutating func text(
    _ name: String, _ pattern: SigmaPattern, _ item: SigmaItem, isCased: Bool, isNumeric: Bool
  ) throws(SigmaRefusal) -> ImportedCondition {
    for case .bytes(let bytes) in pattern.parts where String(validating: bytes, as: UTF8.self) == nil {
      throw SigmaRefusal(
        .value, "the bytes of \(item.field ?? name) are no text, and events hold text",
        "Put base64 or base64offset behind the encoding.", line: item.line)
    }
    if pattern.parts == [.anything] { return .test(FieldTest(name, .isNull(false))) }
    if let bytes = pattern.literal { return equality(name, bytes, isCased: isCased, isNumeric: isNumeric) }
    try refuseText(on: name, isNumeric, item)
    if let (kind, needle) = ConditionBuilder.affix(pattern) {
      if String(decoding: needle, as: UTF8.self).utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 || $0 == 46 }) {
        note("\(kind.rawValue) looks at text: a value that the log writes as a number is passed over")
      }
      if isCased || !ConditionBuilder.needsFolding(needle) {
        return .test(FieldTest(name, .text(kind, needle, ignoringCase: !isCased)))
      }
    }
    guard let expression = pattern.regularExpression(isCased: isCased) else {
      preconditionFailure("placeholders are replaced and bytes are text here")
    }
    do throws(RegularExpression.Failure) {
      _ = try RegularExpression(Array(expression.utf8))
    } catch {
      throw SigmaRefusal(
        .size, "\(item.field ?? name) has a value too large for a pattern: \(error.reason)", "Shorten it.",
        line: item.line)
    }
    return .test(FieldTest(name, .matches(Array(expression.utf8))))
  }

  /// `text*`, `*text` and `*text*`, which need no regular expression.
  private static func affix(_ pattern: SigmaPattern) -> (FieldTest.TextTest, [UInt8])? {
    switch pattern.parts.count {
    case 2:
      if case .anything = pattern.parts[0], case .bytes(let bytes) = pattern.parts[1] { return (.endswith, bytes) }
      if case .bytes(let bytes) = pattern.parts[0], case .anything = pattern.parts[1] { return (.startswith, bytes) }
    case 3:
      if case .anything = pattern.parts[0], case .bytes(let bytes) = pattern.parts[1],
        case .anything = pattern.parts[2]
      {
        return (.contains, bytes)
      }
    default: break
    }
    return nil
  }

  private func equality(_ name: String, _ bytes: [UInt8], isCased: Bool, isNumeric: Bool) -> ImportedCondition {
    let text = String(decoding: bytes, as: UTF8.self)
    let plain = ImportedCondition.test(FieldTest(name, .compare(.equal, .text(bytes))))
    if bytes.isEmpty { return plain }
    if let number = ConditionBuilder.number(text) {
      if isNumeric { return .test(FieldTest(name, .compare(.equal, number))) }
      return .test(FieldTest(name, .oneOf([number, .text(bytes)])))
    }
    if isNumeric, Double(text) != nil { return .constant(false) }
    if isCased { return plain }
    if ConditionBuilder.needsFolding(bytes) {
      let expression = SigmaPattern(literal: bytes).regularExpression(isCased: false) ?? ""
      return .test(FieldTest(name, .matches(Array(expression.utf8))))
    }
    let folded = ImportedCondition.test(FieldTest(name, .text(.equals, bytes, ignoringCase: true)))
    guard let flag = ["true": true, "false": false][text.lowercased()] else { return folded }
    return .disjunction(of: [folded, .test(FieldTest(name, .compare(.equal, .bool(flag))))])
  }

  /// The number whose text this is, as logs write numbers.
  private static func number(_ text: String) -> Literal? {
    if let integer = Int64(text), "\(integer)" == text { return .integer(integer) }
    if text.utf8.contains(46), let double = Double(text), double.isFinite, "\(double)" == text {
      return .number(double)
    }
    return nil
  }

  /// Whether letters beyond ASCII have another case, which only regular expressions know.
  private static func needsFolding(_ bytes: [UInt8]) -> Bool {
    guard bytes.contains(where: { $0 >= 0x80 }), let text = String(validating: bytes, as: UTF8.self) else {
      return false
    }
    return text.unicodeScalars.contains { !$0.isASCII && ($0.properties.isLowercase || $0.properties.isUppercase) }
  }

  /// The field `level` has an order of its own and no text.
  private func level(_ value: ItemValues.Value, _ item: SigmaItem) throws(SigmaRefusal) -> ImportedCondition {
    if case .pattern(let pattern) = value, let bytes = pattern.literal,
      let level = FieldName.level(named: String(decoding: bytes, as: UTF8.self))
    {
      return .test(FieldTest(FieldName.level, .level(1 << level.rawValue)))
    }
    throw SigmaRefusal(
      .field, "\(item.field ?? "level") is the event's level, which is compared by name only",
      "Map it to another field, or write one of \(LogLevel.allCases.map(\.name).joined(separator: ", ")).",
      line: item.line)
  }
}

extension Literal {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .double: true
    case .null, .bool, .text: false
    }
  }
}
