/// One key that a `rule { … }`, a `fix { … }` or an effect accepts.
package struct RuleKey: Sendable {
  package enum Kind: Sendable {
    case text
    case name
    case integer(ClosedRange<Int>)
    /// Finite.
    case number
    case duration
    case size
    case boolean
    case choice([String])
    case expression
    case expressionOrFunction
    case names
    case function
    /// A list of keys, or a text that names them with commas.
    case roster
    case table
    /// The name of a table or column.
    case identifier
    /// The address of a request.
    case url
    /// A program and its arguments.
    case arguments
    /// Statuses of answers or of programs.
    case outcomes(ClosedRange<Int>)
    /// References to secrets by name.
    case secrets
    /// Rows to add.
    case rows
    /// What a constructor of effects gives.
    case effect
    /// Anything but functions and native objects.
    case value
  }

  package var name: String
  package var kind: Kind
  package var isRequired: Bool
  package var meaning: String
  /// What holds without the key, as it would be written; nil when there is nothing to write.
  package var standard: String?
  /// What other tools call the same thing.
  package var elsewhere: String?
  private var ownType: String?

  /// - Parameter type: the LuaLS type, where the kind doesn't say it all.
  package init(
    _ name: String, _ kind: Kind, required: Bool = false, _ meaning: String, standard: String? = nil,
    type: String? = nil, elsewhere: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.isRequired = required
    self.meaning = meaning
    self.standard = standard
    self.elsewhere = elsewhere
    ownType = type
  }

  /// Whether the value is written in quotes.
  var isText: Bool { if case .integer = kind { false } else if case .number = kind { false } else { true } }

  /// The LuaLS type of the value, for the editor stubs.
  package var type: String {
    if let ownType { return ownType }
    return switch kind {
    case .text, .name, .duration, .size, .expression: "string"
    case .integer: "integer"
    case .boolean: "boolean"
    case .number: "number"
    case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: "|")
    case .expressionOrFunction: "string|function"
    case .names: "string[]"
    case .function: "function"
    case .roster: "string|any[]"
    case .table: "table"
    case .identifier, .url: "string"
    case .arguments: "string[]"
    case .outcomes: "integer[]"
    case .secrets: "table<string, string|Stella.SecretUse>"
    case .rows: "table<string, Stella.ColumnValue>[]"
    case .effect: "Stella.Effect"
    case .value: "any"
    }
  }

  /// The kind in words, for messages and the reference page.
  package var expected: String {
    switch kind {
    case .text: "a text"
    case .name: "a name of letters, digits, dots, dashes and underscores"
    case .integer(let range) where range.count == 1: "the number \(range.lowerBound)"
    case .number: "a number"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .duration: "a duration such as \"30s\" or \"5m\""
    case .boolean: "true or false"
    case .size: "a size such as \"64MiB\""
    case .choice(let names): "one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
    case .expression: "a condition in [[…]]"
    case .expressionOrFunction: "a condition in [[…]] or a function"
    case .names: "a list of texts in { }"
    case .function: "a function"
    case .roster: "a list in { } or a text with commas"
    case .table: "a table"
    case .identifier: "a name of letters, digits and underscores, with a schema and a dot in front if need be"
    case .url: "an address such as \"https://billing.internal/v1/jobs\""
    case .arguments: "a list of a program and its arguments in { }"
    case .outcomes(let range): "a list of whole numbers from \(range.lowerBound) to \(range.upperBound) in { }"
    case .secrets:
      "a table of references such as \"billing-token@3\", or { prefix = \"Bearer \", secret = \"billing-token@3\" }"
    case .rows: "a list of rows, each a table of columns"
    case .effect: "an effect such as http.request { … }"
    case .value: "a text, number, boolean, null, list or table"
    }
  }
}
