import StellaModel

/// What the configuration says about alerts that nobody shall be told of: rules in shadow mode, and maintenance windows. It
/// goes by event time, so that a replay mutes the same.
package struct AlertMuting: Sendable, Hashable {
  /// Rules that detect and are shown, and from whose alerts nothing follows.
  package struct Shadow: Sendable, Hashable {
    package var rules: [String]
    package var by: String
    package var reason: String
    /// Nanoseconds since the epoch; nil for as long as it is written.
    package var until: Int64?

    package init(rules: [String], by: String, reason: String, until: Int64? = nil) {
      self.rules = rules
      self.by = by
      self.reason = reason
      self.until = until
    }
  }

  /// Times at which alerts are expected and mean nothing.
  package struct Maintenance: Sendable, Hashable {
    package var name: String
    /// Empty: all.
    package var rules: [String]
    /// Names and values, as text, that an alert's key must have; empty: every key.
    package var key: [FieldValue.Member]
    /// That come again.
    package var windows: [MaintenanceWindow]
    /// That come once, without their end; nanoseconds since the epoch.
    package var spans: [Range<Int64>]
    package var by: String
    package var reason: String

    package init(
      name: String, rules: [String] = [], key: [FieldValue.Member] = [], windows: [MaintenanceWindow] = [],
      spans: [Range<Int64>] = [], by: String, reason: String
    ) {
      self.name = name
      self.rules = rules
      self.key = key
      self.windows = windows
      self.spans = spans
      self.by = by
      self.reason = reason
    }

    /// When the opening that `time` lies in ends; of several the last. Nil when it is closed then.
    package func closes(after time: Int64) -> Int64? {
      (windows.compactMap { $0.closes(after: time) } + spans.filter { $0.contains(time) }.map(\.upperBound)).max()
    }
  }

  package var shadows: [Shadow]
  package var maintenance: [Maintenance]

  package init(shadows: [Shadow] = [], maintenance: [Maintenance] = []) {
    self.shadows = shadows
    self.maintenance = maintenance
  }

  package var isEmpty: Bool { shadows.isEmpty && maintenance.isEmpty }

  /// What keeps back an alert of a rule for a key at a time; nil when nothing does. A maintenance window comes before shadow
  /// mode, whose alerts are shown.
  package func mute(rule: String, key: [FieldValue.Member], at time: Int64) -> Mute? {
    for window in maintenance where window.rules.isEmpty || window.rules.contains(rule) {
      guard Silence.covers(window.key, key), let until = window.closes(after: time) else { continue }
      return Mute(.maintenance, name: window.name, by: window.by, reason: window.reason, until: until)
    }
    for shadow in shadows where shadow.rules.contains(rule) && time < shadow.until ?? .max {
      return Mute(.shadow, by: shadow.by, reason: shadow.reason, until: shadow.until)
    }
    return nil
  }

  /// The same for a transition, by the time of its last event.
  package func mute(_ alert: Alert) -> Mute? { mute(rule: alert.rule, key: alert.key, at: alert.lastSeen) }
}
