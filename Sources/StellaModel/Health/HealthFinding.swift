/// Something that the periodic analysis of a system has found, with what to do about it.
package struct HealthFinding: Sendable, Hashable {
  package enum Status: String, Sendable, Hashable, CaseIterable {
    case open, acknowledged, closed
  }

  /// 16 hexadecimal digits, of kind and subject alone: what comes back is the same finding again.
  package var id: String
  /// Short and stable, such as `alerts.flapping`.
  package var kind: String
  /// What it is about, such as a rule; empty for the whole system.
  package var subject: String
  package var severity: Severity
  package var title: String
  /// What was measured, for people.
  package var detail: String
  package var recommendation: String
  /// When it was found first, since it last was closed; nanoseconds since the epoch.
  package var firstSeen: Int64
  package var lastSeen: Int64
  /// Nil while it holds.
  package var closedAt: Int64?
  /// The system's lowest score while it held.
  package var score: Int
  /// Somebody looks after it.
  package var acknowledged: StoredAlert.Remark?

  package init(
    kind: String, subject: String = "", severity: Severity, title: String, detail: String, recommendation: String,
    at time: Int64, score: Int
  ) {
    id = HealthFinding.id(kind: kind, subject: subject)
    self.kind = kind
    self.subject = subject
    self.severity = severity
    self.title = title
    self.detail = detail
    self.recommendation = recommendation
    firstSeen = time
    lastSeen = time
    self.score = score
  }

  package static func id(kind: String, subject: String) -> String {
    let digits = String(SourceIdentity.fingerprint(of: Array(kind.utf8) + [0] + Array(subject.utf8)), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  package var status: Status { closedAt != nil ? .closed : acknowledged != nil ? .acknowledged : .open }

  package var value: FieldValue {
    var members: [FieldValue.Member] = [
      .init("id", .string(id)), .init("kind", .string(kind)), .init("subject", .string(subject)),
      .init("severity", .string(severity.rawValue)), .init("status", .string(status.rawValue)),
      .init("title", .string(title)), .init("detail", .string(detail)),
      .init("recommendation", .string(recommendation)), .init("first_seen", .string(Timestamp.text(firstSeen))),
      .init("last_seen", .string(Timestamp.text(lastSeen))),
      .init("closed", closedAt.map { .string(Timestamp.text($0)) } ?? .null), .init("score", .integer(Int64(score))),
    ]
    if let acknowledged {
      members.append(
        .init(
          "acknowledged",
          .object([
            .init("by", .string(acknowledged.by)), .init("time", .string(Timestamp.text(acknowledged.time))),
            .init("reason", .string(acknowledged.reason)),
          ])))
    }
    return .object(members)
  }
}

/// Which findings are wanted. What is nil or empty doesn't restrict.
package struct HealthFindingQuery: Sendable, Hashable {
  /// Seen then or later, nanoseconds since the epoch.
  package var since: Int64?
  /// Seen first before then.
  package var until: Int64?
  package var statuses: [HealthFinding.Status] = []
  /// This one and graver ones.
  package var severity: Severity?
  package var scoreBelow: Int?
  /// The most that are given; those that were seen last.
  package var limit: Int? = 200

  package init() {}
}
