import StellaModel
import StellaRemediation
import StellaSQLite

/// Who may come in after a restore: whoever the backup lets in, but for whom or what was shut out since. A secret that was stolen, and
/// revoked for that, would open the doors again.
struct RestoredAccess {
  let accounts: [Account]
  let tokens: [APIToken]

  init(_ transaction: SQLiteTransaction) throws(StoreError) {
    accounts = try transaction.accounts()
    tokens = try transaction.tokens()
  }

  /// Ends all sessions of a restored store, and shuts out again whom and what the former state had shut out.
  ///
  /// - Parameter former: nil where nobody knows what was done after the backup.
  /// - Returns: what a person has to look at.
  static func settle(
    _ transaction: SQLiteTransaction, as former: RestoredAccess?, by actor: String, at now: Int64
  ) throws -> [String] {
    try transaction.removeSessions(endedBefore: .max)
    let restored = try RestoredAccess(transaction)
    guard let former else {
      if restored.accounts.isEmpty, !restored.tokens.contains(where: { $0.isValid(at: now) }) { return [] }
      return [
        "whoever was let in when the backup was made is let in again; end what was ended since: stella users list, "
          + "stella tokens list"
      ]
    }
    let revoked = Set(former.tokens.filter { $0.revokedAt != nil }.map(\.prefix))
    for token in restored.tokens where token.revokedAt == nil && revoked.contains(token.prefix) {
      try transaction.revoke(token: token.prefix, at: now)
      try transaction.append(
        LogEntry(
          .tokenRevoked, time: now, actor: actor,
          body: [.init("token", .string(token.name)), .init("prefix", .string(token.prefix))]))
    }
    let later = Dictionary(former.accounts.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var notes: [String] = []
    var hasAdmin = false
    for var account in restored.accounts {
      defer { hasAdmin = hasAdmin || !account.isDisabled && account.roles.contains(Self.admin) }
      guard let known = later[account.name] else { continue }
      if known.isDisabled, !account.isDisabled {
        account.isDisabled = true
        try transaction.put(account)
        try transaction.append(
          LogEntry(
            .accountChanged, time: now, actor: actor,
            body: [.init("user", .string(account.name)), .init("disabled", .bool(true))]))
        notes.append("\(account.name) was disabled since, and is again")
      }
      if account.password != known.password || account.roles != known.roles || account.groups != known.groups {
        notes.append(
          "\(account.name) has the password, roles and groups of the backup again, which were others since: stella users list"
        )
      }
    }
    if !hasAdmin, restored.accounts.contains(where: { !$0.isDisabled && $0.roles.contains(Self.admin) }) {
      notes.append("none of the store's admins can log in; on this machine: stella users enable NAME")
    }
    return notes
  }

  private static let admin = "admin"
}
