/// A parsed and type-checked `where`: a Lua 5.4 expression over event fields that runs natively.
///
/// The accepted part of Lua: comparisons of a field with a constant or another field, `and`, `or`, `not`, parentheses,
/// and the calls of ``ExpressionFunction``. `== nil` and `~= nil` test presence, `== null` and `~= null` test for an
/// explicit null in a present field; every other comparison with a missing field or an unequal type is false, also `~=`.
/// A field alone is true when it is the boolean true. Numbers compare by value, text by bytes. Opposite the field
/// `level` stand names of log levels, ordered from trace to critical.
package struct Expression: Sendable, Hashable {
  /// As written.
  package let text: String
  package let syntax: ConditionSyntax
  /// Simplified and sorted; equal expressions have equal conditions.
  package let condition: Condition
  /// ``condition`` as Lua source. Expressions with equal canonical text match the same events.
  package let canonical: String
  /// Names of the fields that are read, in order of first appearance.
  package let fields: [String]
  /// What was accepted but probably not meant.
  package let notes: [ExpressionNote]

  /// Longest text, in UTF-8 bytes.
  package static let lengthLimit = 64 * 1024

  /// Parses and checks `text`. O(text).
  package static func parse(_ text: String) throws(ExpressionError) -> Expression {
    let bytes = Array(text.utf8)
    guard bytes.count <= lengthLimit else {
      throw ExpressionError(
        .limit, "the expression is \(bytes.count) bytes long", remedy: "write at most \(lengthLimit)",
        at: 0..<0, in: bytes)
    }
    var parser = try ExpressionParser(bytes)
    let syntax = try parser.parse()
    let condition = Condition(syntax)
    var fields: [String] = []
    var seen: Set<String> = []
    for field in syntax.tests.flatMap(\.fields) where seen.insert(field).inserted { fields.append(field) }
    if condition == .constant(false), syntax.form != .constant(false) {
      parser.note("this can never be true", syntax.range)
    }
    return Expression(
      text: text, syntax: syntax, condition: condition, canonical: condition.source, fields: fields,
      notes: parser.notes)
  }

  /// What every matching event has in common, found without running anything else: what the router looks events up by.
  /// Nil when only running the whole expression on every event can tell.
  package var necessaryConditions: [AccessCondition]? {
    condition.access(preferring: .lookups) { VectorPattern($0) != nil }?.conditions
  }

  /// Whether the router can skip nearly every other event without running the expression: some equality, literal,
  /// range, level or presence must hold. A rule whose `where` has none is worth a loud lint.
  package var hasCheapCondition: Bool {
    guard let conditions = necessaryConditions else { return false }
    return conditions.allSatisfy(\.isSelective)
  }
}
