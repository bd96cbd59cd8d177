/// A condition on events as a rule writes it, not yet looked at.
package struct RuleCondition: Sendable, Hashable {
  /// `where` or `resolve_when`.
  package var key: String
  package var text: String
  /// The line of the source on which the text begins.
  package var line: Int
}
