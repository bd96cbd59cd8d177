import StellaModel

/// A person's word that an alert is over, for the rule that holds it as firing.
package struct AlertClosing: Sendable, Hashable {
  /// The alert's id.
  package let alert: String
  /// The id of the rule that it is of.
  package let rule: String
  /// Who said so.
  package let by: String
  /// When, in nanoseconds since the epoch: what happened before that belongs to the alert, whenever it is read.
  package let time: Int64

  package init(alert: String, rule: String, by: String, time: Int64) {
    self.alert = alert
    self.rule = rule
    self.by = by
    self.time = time
  }

  /// Nil for an alert that nobody has resolved by hand.
  package init?(_ stored: StoredAlert) {
    guard stored.isResolvedByHand, let remark = stored.resolved else { return nil }
    self.init(alert: stored.id, rule: stored.rule, by: remark.by, time: remark.time)
  }
}
