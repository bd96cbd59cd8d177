/// Something that happened, as the transaction in which it did has noted it.
package struct NotificationChange: Sendable, Hashable {
  package var number: Int64
  package var kind: Notice.Kind
  /// The alert's status, the run's state, or what engine trouble came to.
  package var state: String
  package var subject: String
  package var time: Int64
  /// A JSON object.
  package var body: String

  package init(number: Int64, kind: Notice.Kind, state: String, subject: String, time: Int64, body: String) {
    self.number = number
    self.kind = kind
    self.state = state
    self.subject = subject
    self.time = time
    self.body = body
  }
}

/// A message in the outbox.
package struct OutboxMessage: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    case waiting
    /// The sink has said that it has it.
    case sent
    /// Given up; a person can have it tried again.
    case failed
  }

  package var number: Int64
  package var sink: String
  package var group: String
  package var message: NotificationMessage
  package var state: State
  package var attempts: Int
  package var nextAt: Int64
  package var giveUpAt: Int64
  /// Of the last attempt; empty when there was none, or it went well.
  package var trouble: String
  package var endedAt: Int64?

  package init(
    number: Int64, sink: String, group: String, message: NotificationMessage, nextAt: Int64, giveUpAt: Int64
  ) {
    self.number = number
    self.sink = sink
    self.group = group
    self.message = message
    state = .waiting
    attempts = 0
    self.nextAt = nextAt
    self.giveUpAt = giveUpAt
    trouble = ""
  }
}

/// What has come of one sink's messages since the store was made.
package struct NotificationCounts: Sendable, Hashable {
  package var sink: String
  package var waiting = 0
  package var failed = 0
  package var sentTotal: Int64 = 0
  package var failedTotal: Int64 = 0
  package var attemptsTotal: Int64 = 0
  /// When the oldest that waits was written.
  package var oldestWaiting: Int64?
  /// Of the last attempt; empty when that went well.
  package var trouble = ""

  package init(sink: String) { self.sink = sink }
}

/// Notices and messages within one transaction. Every call throws ``StoreError``, after which it must be given up.
package protocol NotificationTransaction: AnyObject {
  /// Whether changes are noted; what was noted goes away when that ends.
  func setNotifications(_ isOn: Bool) throws(StoreError)
  /// In the order in which they happened.
  func notificationChanges(limit: Int) throws(StoreError) -> [NotificationChange]
  func removeNotificationChanges(upTo number: Int64) throws(StoreError)
  /// Notes one that no other change of the store is about.
  func note(_ change: NotificationChange) throws(StoreError)
  /// How many found no place.
  func droppedNotificationChanges() throws(StoreError) -> Int64

  func notificationGroup(_ id: String) throws(StoreError) -> NotificationGroup?
  /// Those that are to be looked at by then.
  func notificationGroups(dueBy time: Int64, limit: Int) throws(StoreError) -> [NotificationGroup]
  func put(_ group: NotificationGroup) throws(StoreError)
  /// With its members.
  func removeNotificationGroup(_ id: String) throws(StoreError)
  /// Those of sinks that are gone.
  func removeNotificationGroups(exceptOf sinks: [String]) throws(StoreError)

  func notificationMembers(of group: String) throws(StoreError) -> [NotificationMember]
  /// Without reading them: a group may be large.
  func hasNotificationMembers(of group: String) throws(StoreError) -> Bool
  /// In every group.
  func notificationMembers(about subject: String, kind: Notice.Kind) throws(StoreError) -> [NotificationMember]
  func put(_ member: NotificationMember) throws(StoreError)
  func removeNotificationMember(_ subject: String, of group: String) throws(StoreError)

  func insert(_ message: OutboxMessage) throws(StoreError)
  func outboxMessage(_ id: String) throws(StoreError) -> OutboxMessage?
  /// The newest last. Nil: in every state.
  func outbox(_ state: OutboxMessage.State?, limit: Int) throws(StoreError) -> [OutboxMessage]
  /// What is to be tried by then: of each group the oldest that waits.
  func outbox(of sink: String, dueBy time: Int64, limit: Int) throws(StoreError) -> [OutboxMessage]
  /// Whether a message of the group waits.
  func isWaiting(_ group: String) throws(StoreError) -> Bool
  /// Changes state, attempts and times, and counts an attempt if there was one.
  func update(_ message: OutboxMessage, attempted: Bool) throws(StoreError)
  /// Gives up what waits for sinks that are gone.
  func giveUpOutbox(exceptOf sinks: [String], trouble: String, now: Int64) throws(StoreError)
  /// Gives up the oldest that wait, and removes what ended long ago or is more than `ended` of those that were sent, and of those that
  /// failed: what is sent again and again takes no room from what a person may have tried again. How many were given up.
  func pruneOutbox(waiting limit: Int, ended: Int, before time: Int64, now: Int64) throws(StoreError) -> Int
  /// In the order of their names.
  func notificationCounts() throws(StoreError) -> [NotificationCounts]
}

/// A store that keeps the outbox beside what it is about.
package protocol NotificationStore: LogStore where Transaction: NotificationTransaction & AlertTransaction {
  /// Runs `body` on one consistent state; what it writes is refused.
  func readNotifications<Value>(_ body: (Transaction) throws -> Value) throws -> Value
}
