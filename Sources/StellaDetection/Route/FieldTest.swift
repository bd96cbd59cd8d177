import StellaModel

/// One question about one field (or two), the leaf of every expression.
package struct FieldTest: Hashable, Sendable {
  package let field: String
  package let question: Question

  package enum Question: Hashable, Sendable {
    /// `x ~= nil` (true) or `x == nil` (false). An explicit null is present.
    case present(Bool)
    /// `x == null` (true), or `x ~= null` (false): present and something else.
    case isNull(Bool)
    /// `x` alone: the boolean true. Missing, null, text and numbers are not.
    case isTrue
    /// Against a number, text or a boolean; false for a missing field and for unequal types.
    case compare(Comparison, Literal)
    /// Against another field.
    case compareField(Comparison, String)
    /// Equal to any; sorted and without repetitions in a normalised condition.
    case oneOf([Literal])
    /// The event's level is in the set: bit `LogLevel.rawValue`.
    case level(UInt8)
    case text(TextTest, [UInt8], ignoringCase: Bool)
    /// RE2 in UTF-8, anywhere in the text. Bytes, because Swift calls strings equal that RE2 tells apart.
    case matches([UInt8])
    case cidr([AddressBlock])
  }

  package enum TextTest: String, Sendable {
    case contains, startswith, endswith, equals
  }

  package init(_ field: String, _ question: Question) {
    self.field = field
    self.question = question
  }

  /// The fields that are read, in the order of the text.
  package var fields: [String] {
    if case .compareField(_, let other) = question { return [field, other] }
    return [field]
  }

  /// As Lua source. Equal tests give equal text.
  package var source: String {
    let name = FieldName.source(field)
    switch question {
    case .present(let wanted): return "\(name) \(wanted ? "~=" : "==") nil"
    case .isNull(let wanted): return "\(name) \(wanted ? "==" : "~=") null"
    case .isTrue: return name
    case .compare(let comparison, let literal): return "\(name) \(comparison.rawValue) \(literal.source)"
    case .compareField(let comparison, let other):
      return "\(name) \(comparison.rawValue) \(FieldName.source(other))"
    case .oneOf(let literals): return FieldTest.call("one_of", name, literals.map(\.source))
    case .level(let mask): return FieldTest.levelSource(mask)
    case .text(let test, let needle, let ignoringCase):
      return FieldTest.call((ignoringCase ? "i" : "") + test.rawValue, name, [Literal.text(needle).source])
    case .matches(let pattern): return FieldTest.call("matches", name, [Literal.text(pattern).source])
    case .cidr(let blocks): return FieldTest.call("cidr", name, blocks.map { "\"\($0.description)\"" })
    }
  }

  /// Whether ``source`` is a call, which needs no parentheses after `not`.
  package var isCall: Bool {
    switch question {
    case .oneOf, .text, .matches, .cidr, .isTrue: true
    case .level(let mask): FieldTest.levelSource(mask).hasPrefix("one_of")
    case .present, .isNull, .compare, .compareField: false
    }
  }

  private static func call(_ function: String, _ field: String, _ arguments: [String]) -> String {
    "\(function)(\(([field] + arguments).joined(separator: ", ")))"
  }

  private static func levelSource(_ mask: UInt8) -> String {
    let levels = LogLevel.allCases.filter { mask & (1 << $0.rawValue) != 0 }
    let others = LogLevel.allCases.filter { mask & (1 << $0.rawValue) == 0 }
    if levels.count == 1 { return "level == \(levels[0].name)" }
    if let first = levels.first, levels.last == .critical, levels.count == 8 - Int(first.rawValue) {
      return "level >= \(first.name)"
    }
    if let last = levels.last, levels.first == .trace, levels.count == Int(last.rawValue) {
      return "level <= \(last.name)"
    }
    if others.count == 1 { return "level ~= \(others[0].name)" }
    return call("one_of", "level", levels.map(\.name))
  }
}

/// An operator between two values.
package enum Comparison: String, Sendable, CaseIterable {
  case equal = "=="
  case unequal = "~="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  package var isOrder: Bool { self != .equal && self != .unequal }

  /// The operator with its sides exchanged: `a < b` is `b > a`.
  package var mirrored: Comparison {
    switch self {
    case .equal, .unequal: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
