import StellaModel

/// A person's word that an alert is over, for the rule that holds it as firing.
package struct AlertClosing: Sendable, Hashable {
  /// The alert's id.
  package let alert: String
  /// The id of the rule that it is of.
  package let rule: String
  /// Who said so.
  package let by: String

  package init(alert: String, rule: String, by: String) {
    self.alert = alert
    self.rule = rule
    self.by = by
  }

  /// Nil for an alert that nobody has resolved by hand.
  package init?(_ stored: StoredAlert) {
    guard stored.isResolvedByHand, let remark = stored.resolved else { return nil }
    self.init(alert: stored.id, rule: stored.rule, by: remark.by)
  }
}
