/// One thing that somebody may want to be told of, at one moment.
package struct Notice: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case alert
    /// A plan that waits for people.
    case approval
    /// A run that ended, or that a person has to look at.
    case run
    /// The engine can't do all that it should.
    case engine
  }

  package enum State: String, Sendable, Codable, CaseIterable {
    case firing
    case resolved
  }

  package var kind: Kind
  package var state: State
  /// Of the alert or run; of engine trouble, a text that is the same while it lasts.
  package var subject: String
  /// Empty where there is none.
  package var rule: String
  package var severity: Severity?
  package var title: String
  package var summary: String
  /// The alert's own and those of its key, as text. Not escaped.
  package var labels: [String: String]
  /// Nanoseconds since the epoch.
  package var startsAt: Int64
  /// When it was over; nil while it goes on.
  package var endsAt: Int64?
  package var count: Int?
  package var runbook: String?
  /// What a person can do, a line each.
  package var actions: [String] = []
  /// When the maintenance is over that keeps it back; nil for none.
  package var heldUntil: Int64?

  package init(kind: Kind, state: State, subject: String, rule: String, title: String, summary: String, startsAt: Int64)
  {
    self.kind = kind
    self.state = state
    self.subject = subject
    self.rule = rule
    self.title = title
    self.summary = summary
    self.startsAt = startsAt
    labels = [:]
  }

  /// What stands before the first dot of the rule's id.
  package var group: String { String(rule.prefix { $0 != "." }) }

  /// The value of a label by which groups are told apart; empty when there is none.
  package func label(_ name: String) -> String {
    switch name {
    case "rule": rule
    case "group": group
    case "severity": severity?.rawValue ?? ""
    case "subject": subject
    default: labels[name] ?? ""
    }
  }
}

package struct NotificationLabel: Sendable, Hashable, Codable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// Notices that go to one sink together.
package struct NotificationGroup: Sendable, Hashable {
  package var id: String
  package var sink: String
  package var kind: Notice.Kind
  package var labels: [NotificationLabel]
  package var wait: Int64 = 0
  package var interval: Int64 = 0
  package var repeatInterval: Int64 = 0
  package var sendsResolved = true
  /// When it is looked at next.
  package var nextAt: Int64 = 0
  /// When its last message was written; nil before the first.
  package var sentAt: Int64?

  package init(id: String, sink: String, kind: Notice.Kind, labels: [NotificationLabel]) {
    self.id = id
    self.sink = sink
    self.kind = kind
    self.labels = labels
  }
}

/// A notice within its group.
package struct NotificationMember: Sendable, Hashable {
  package var group: String
  package var notice: Notice
  /// Whether a message has told that it fires.
  package var isTold: Bool

  package init(group: String, notice: Notice, isTold: Bool) {
    self.group = group
    self.notice = notice
    self.isTold = isTold
  }
}

/// What a sink is told at once. Written once; a retry sends the same.
package struct NotificationMessage: Sendable, Hashable, Codable {
  /// 32 hexadecimal digits, the same on each try.
  package var id: String
  package var kind: Notice.Kind
  /// `firing` while anything in it does.
  package var state: Notice.State
  package var group: [NotificationLabel]
  /// The first is why it is sent.
  package var notices: [Notice]
  /// How many more there were.
  package var omitted: Int
  /// When it was written.
  package var time: Int64

  /// Notices in a message at most.
  package static let noticeLimit = 100

  package init(id: String, kind: Notice.Kind, group: [NotificationLabel], notices: [Notice], time: Int64) {
    self.id = id
    self.kind = kind
    self.group = group
    self.notices = Array(notices.prefix(Self.noticeLimit))
    self.time = time
    omitted = notices.count - self.notices.count
    state = notices.contains { $0.state == .firing } ? .firing : .resolved
  }

  /// One line that says what it is about. Not escaped.
  package var title: String {
    let firing = notices.count { $0.state == .firing }
    let mark: String
    switch kind {
    case .alert: mark = state == .firing ? "FIRING:\(firing)" : "RESOLVED"
    case .approval: mark = "APPROVAL"
    case .run: mark = "RUN"
    case .engine: mark = "ENGINE"
    }
    let text = notices.first.map { $0.summary.isEmpty ? $0.title : $0.summary } ?? ""
    // What is over while others of its group fire.
    let over = state == .firing && notices.first?.state == .resolved ? "over: " : ""
    let more = notices.count + omitted - 1
    return "[\(mark)] \(over)\(text)" + (more > 0 ? " and \(more) more" : "")
  }
}
