import StellaModel

/// Something doubtful in a rule that works.
package struct LintWarning: Sendable, Hashable, CustomStringConvertible {
  package let check: LintCheck
  /// Its code is `lint.` and the check's name.
  package let error: RuleError
  /// Changes that answer it and leave what the rule does as it is; empty when that takes a person.
  package let edits: [SourceEdit]

  package var description: String { error.description }
}
