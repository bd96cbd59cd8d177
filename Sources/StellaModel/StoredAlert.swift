/// An alert as a store keeps it: its newest revision, and what people said about it.
package struct StoredAlert: Sendable, Hashable {
  /// What a person said, when, and why.
  package struct Remark: Sendable, Hashable {
    package var by: String
    package var time: Int64
    package var reason: String

    package init(by: String, time: Int64, reason: String) {
      self.by = by
      self.time = time
      self.reason = reason
    }
  }

  package var id: String
  package var rule: String
  package var type: String
  package var severity: Severity
  package var status: Alert.Status
  package var title: String
  /// As JSON.
  package var key: String
  package var count: Int
  package var firstSeen: Int64
  package var lastSeen: Int64
  package var updatedAt: Int64
  /// All of it, as ``Alert/json``.
  package var json: String
  /// Somebody looks after it.
  package var acknowledged: Remark?
  /// Somebody says that it is over, whatever the rule says.
  package var resolved: Remark?
  /// The number of the silence that muted it; nil when none did.
  package var mutedBy: Int64?

  package init(_ alert: Alert, updatedAt: Int64) {
    id = alert.id
    rule = alert.rule
    type = alert.type
    severity = alert.severity
    status = alert.status
    title = alert.title
    key = FieldValue.object(alert.key).json
    count = alert.count
    firstSeen = alert.firstSeen
    lastSeen = alert.lastSeen
    self.updatedAt = updatedAt
    json = alert.json
    if let mute = alert.mute, mute.cause == .silence { mutedBy = mute.name.flatMap { Int64($0) } }
  }

  /// As a store has it.
  package init(
    id: String, rule: String, type: String, severity: Severity, status: Alert.Status, title: String, key: String,
    count: Int, firstSeen: Int64, lastSeen: Int64, updatedAt: Int64, json: String
  ) {
    self.id = id
    self.rule = rule
    self.type = type
    self.severity = severity
    self.status = status
    self.title = title
    self.key = key
    self.count = count
    self.firstSeen = firstSeen
    self.lastSeen = lastSeen
    self.updatedAt = updatedAt
    self.json = json
  }
}

extension StoredAlert {
  /// Whether a person said that it is over, and it has not fired anew since.
  package var isResolvedByHand: Bool { resolved != nil && status == .resolved }
}

/// Alerts of one rule, or of one key of it, that nobody shall hear of for a while. They are kept all the same.
package struct Silence: Sendable, Hashable {
  package var number: Int64
  package var rule: String
  /// Names and values, as text, that an alert's key must have; empty: every key.
  package var key: [FieldValue.Member]
  package var until: Int64
  package var set: StoredAlert.Remark

  package init(number: Int64 = 0, rule: String, key: [FieldValue.Member], until: Int64, set: StoredAlert.Remark) {
    self.number = number
    self.rule = rule
    self.key = key
    self.until = until
    self.set = set
  }

  package func mutes(rule: String, key: [FieldValue.Member], at time: Int64) -> Bool {
    time < until && rule == self.rule && Silence.covers(self.key, key)
  }

  /// What is told of an alert that it mutes.
  package var mute: Mute { Mute(.silence, name: String(number), by: set.by, reason: set.reason, until: until) }

  /// Whether `key` has everything that is `wanted`, compared as text.
  package static func covers(_ wanted: [FieldValue.Member], _ key: [FieldValue.Member]) -> Bool {
    wanted.allSatisfy { wanted in
      key.contains { $0.name == wanted.name && text($0.value) == text(wanted.value) }
    }
  }

  /// A text is itself; anything else is its JSON.
  package static func text(_ value: FieldValue) -> String {
    if case .string(let text) = value { text } else { value.json }
  }
}

package struct AlertQuery: Sendable, Hashable {
  package var statuses: [Alert.Status] = []
  package var rule: String?
  /// Only those that are resolved by hand and have changed since.
  package var resolvedByHandSince: Int64?
  /// The most that are given; those that changed last.
  package var limit: Int?

  package init() {}
}

/// A transaction that keeps alerts. Every call throws ``StoreError``.
package protocol AlertTransaction: AnyObject {
  func alert(_ id: String) throws(StoreError) -> StoredAlert?
  /// Alerts whose id begins so; two at most.
  func alerts(withPrefix prefix: String) throws(StoreError) -> [StoredAlert]
  /// Those that changed last come last.
  func alerts(_ query: AlertQuery) throws(StoreError) -> [StoredAlert]
  /// Takes the place of an older revision; what people said stays. One that a person resolved stays so until a newer revision
  /// comes: what is read again after a crash tells what it was before that decision. Whether it was taken.
  @discardableResult
  func put(_ alert: StoredAlert) throws(StoreError) -> Bool
  func acknowledge(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError)
  func resolve(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError)
  /// Removes alerts that changed last before `time` and that are resolved, or whose input has ended; how many. With them go silences
  /// that were over before `time`; no number is given twice.
  func pruneAlerts(before time: Int64) throws(StoreError) -> Int

  /// In the order of their numbers, those that are over included.
  func silences() throws(StoreError) -> [Silence]
  /// Its number.
  func insert(_ silence: Silence) throws(StoreError) -> Int64
  /// Whether there was one.
  func endSilence(_ number: Int64, at time: Int64) throws(StoreError) -> Bool
}
