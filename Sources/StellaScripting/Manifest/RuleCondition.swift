/// A condition on events as a rule writes it, not yet looked at.
package struct RuleCondition: Sendable, Hashable {
  /// `where`, `resolve_when`, `cancel_on`, or where a step or a window has it: `sequence[1].match`, `state.bad.where`.
  package var key: String
  package var text: String
  /// The line of the source on which the text begins.
  package var line: Int

  package init(key: String, text: String, line: Int) {
    self.key = key
    self.text = text
    self.line = line
  }
}
