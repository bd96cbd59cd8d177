/// A compiled expression. Expressions with equal canonical text share one.
package final class Filter: Sendable {
  /// Position in ``Router/filters``.
  package let id: Int
  package let condition: Condition
  package let canonical: String
  /// What the router looks this filter's events up by; nil when it has to run on every event.
  package let access: [AccessCondition]?
  /// Levels that a matching event can have: bit `LogLevel.rawValue`, bit 0 for no level.
  let levels: UInt8

  init(id: Int, condition: Condition, canonical: String, access: [AccessCondition]?) {
    self.id = id
    self.condition = condition
    self.canonical = canonical
    self.access = access
    levels = condition.levels.necessary
  }
}
