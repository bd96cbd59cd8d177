import StellaModel

/// Events that some rules shall not see, kept outside of their files: who excepts them, why, and until when.
package struct RuleException: Sendable, Hashable {
  /// Ids of the rules, without patterns.
  package var rules: [String]
  /// A condition as in `where`; nil for ``key`` alone.
  package var condition: String?
  /// Values, as text, that fields of the rule's `by` must have.
  package var key: [FieldValue.Member]
  package var author: String
  package var reason: String
  /// Events from here on are seen again; nanoseconds since the epoch, in event time.
  package var expires: Int64
  /// Where it is written.
  package var file: String
  package var line: Int

  package init(
    rules: [String], condition: String? = nil, key: [FieldValue.Member] = [], author: String, reason: String,
    expires: Int64, file: String, line: Int
  ) {
    self.rules = rules
    self.condition = condition
    self.key = key
    self.author = author
    self.reason = reason
    self.expires = expires
    self.file = file
    self.line = line
  }

  package var place: String { "\(file):\(line)" }

  /// What events must match, as one condition.
  package var text: String {
    let parts =
      key.map { member in
        let name = FieldName.source(member.name)
        switch member.value {
        // A value in a log may be a number or its text.
        case .integer(let number): return "one_of(\(name), \(number), \"\(number)\")"
        case .double(let number): return "one_of(\(name), \(Literal.number(number).source), \"\(number)\")"
        case .bool(let flag): return "one_of(\(name), \(flag), \"\(flag)\")"
        case .string(let text): return "\(name) == \(Literal.text(Array(text.utf8)).source)"
        case .null, .array, .object: return "\(name) == nil"
        }
      } + (condition.map { ["(\($0)\n)"] } ?? [])
    return parts.joined(separator: " and ")
  }

  /// What events must match, checked, for a rule with these `by` fields.
  ///
  /// - Throws: an error at the place where the exception is written.
  func expression(for rule: String, by fields: [String]) throws(RuleError) -> Expression {
    for name in key.map(\.name) where !fields.contains(name) {
      let hint = NearestName.of(name, in: fields).map { " Did you mean \($0)?" } ?? ""
      throw fault(
        "the exception's key has \(name), which \(rule) has not in its by.\(hint)",
        fields.isEmpty
          ? "Write a condition under where: the rule has no by." : "Its by has \(fields.joined(separator: ", ")).")
    }
    let expression: Expression
    do throws(ExpressionError) {
      // By itself first, so that columns in errors are those that somebody wrote.
      if let condition { _ = try Expression.parse(condition) }
      expression = try Expression.parse(text)
    } catch {
      throw fault("the exception's where, column \(error.column): \(error.message)", error.remedy)
    }
    switch expression.condition {
    case .constant(true): throw fault("the exception takes every event away", "Write what its events have in common.")
    case .constant(false): throw fault("the exception never matches", "Correct it, or take it out.")
    default: return expression
    }
  }

  private func fault(_ message: String, _ remedy: String) -> RuleError {
    RuleError(code: "exception.condition", message: message, remedy: remedy, file: file, line: line)
  }
}
