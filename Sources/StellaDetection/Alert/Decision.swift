import StellaModel

/// One thing that was decided about a key of a rule, or about the rule itself.
package struct Decision: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// An alert began to fire, and was told.
    case fired
    /// An alert began to fire, and something kept it from being told.
    case muted
    /// A condition turned true and waits for the rule's `hold`.
    case held
    /// A condition that waited ended before its time.
    case dropped
    /// What was found joined an alert that fires already.
    case suppressed
    /// An alert ended.
    case resolved
    /// The rule raised too many alerts in a minute.
    case limited
    /// The rule's script was sent to rest.
    case quarantined
    /// Keys were dropped for want of room.
    case evicted
    /// Exceptions took events away.
    case excepted
  }

  package var kind: Kind
  /// Of the first and the last of ``count``: event times.
  package var time: Int64
  package var lastTime: Int64
  /// How often it was decided so, one after another; of `evicted` the keys, of `excepted` the events.
  package var count: Int
  /// As JSON, cut to ``DecisionLog/textLimit`` bytes; empty for what concerns no single key.
  package var key: String
  /// The alert's id; empty for none.
  package var alert: String
  /// Why, in words for people; not escaped for terminals.
  package var reason: String

  package init(
    _ kind: Kind, at time: Int64, count: Int = 1, key: String = "", alert: String = "", reason: String
  ) {
    self.kind = kind
    self.time = time
    lastTime = time
    self.count = count
    self.key = key
    self.alert = alert
    self.reason = reason
  }
}
