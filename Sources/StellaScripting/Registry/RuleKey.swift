/// One key that a `rule { … }` accepts.
package struct RuleKey: Sendable {
  package enum Kind: Sendable {
    case text
    case name
    case integer(ClosedRange<Int>)
    case duration
    case size
    case choice([String])
    case expression
    case expressionOrFunction
    case names
    case function
    case table
  }

  package var name: String
  package var kind: Kind
  package var isRequired: Bool
  package var meaning: String
  /// What other tools call the same thing.
  package var elsewhere: String?

  package init(
    _ name: String, _ kind: Kind, required: Bool = false, _ meaning: String, elsewhere: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.isRequired = required
    self.meaning = meaning
    self.elsewhere = elsewhere
  }

  /// The kind in words, for messages and the reference page.
  package var expected: String {
    switch kind {
    case .text: "a text"
    case .name: "a name of letters, digits, dots, dashes and underscores"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .duration: "a duration such as \"30s\" or \"5m\""
    case .size: "a size such as \"64MiB\""
    case .choice(let names): "one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
    case .expression: "a condition in [[…]]"
    case .expressionOrFunction: "a condition in [[…]] or a function"
    case .names: "a list of texts in { }"
    case .function: "a function"
    case .table: "a table"
    }
  }
}
