/// One login of one person. Its secret is kept as a digest only. Times are in nanoseconds since the epoch.
package struct LoginSession: Sendable, Hashable {
  /// What it is called in the log; no secret.
  package var id: String
  /// Name of the ``Account``.
  package var account: String
  package var createdAt: Int64
  /// To the minute.
  package var usedAt: Int64
  /// Nanoseconds after ``usedAt`` when it is over for want of use.
  package var idle: Int64
  /// When it is over in any case.
  package var endsAt: Int64

  package init(id: String, account: String, createdAt: Int64, idle: Int64, endsAt: Int64) {
    self.id = id
    self.account = account
    self.createdAt = createdAt
    usedAt = createdAt
    self.idle = idle
    self.endsAt = endsAt
  }

  /// A clock that shows a time before the login was set back by nobody knows how much.
  package func isOver(at now: Int64) -> Bool {
    now >= endsAt || now - usedAt >= idle || now < createdAt - LoginSession.clockLeeway
  }

  private static let clockLeeway: Int64 = 300_000_000_000
}
