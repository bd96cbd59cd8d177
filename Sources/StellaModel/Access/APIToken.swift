/// What a program shows to be let in. Its secret is kept as a digest only. Times are in nanoseconds since the epoch.
package struct APIToken: Sendable, Hashable {
  /// What a token may be used for. None lets it vote, or change who may.
  package enum Scope: String, Sendable, Hashable, CaseIterable {
    /// To send events.
    case eventsWrite = "events:write"
    /// What a person with the role viewer may see.
    case read
    /// To ask for plans and rollbacks, on which people decide.
    case propose
  }

  /// An ``AccountName``; one of those that are valid at a time.
  package var name: String
  /// How its secret begins, by which people recognise it.
  package var prefix: String
  /// Who made it. It is valid no longer than they may log in.
  package var owner: String
  package var scopes: [Scope]
  package var createdAt: Int64
  package var expiresAt: Int64
  /// To the minute.
  package var usedAt: Int64?
  package var revokedAt: Int64?

  package init(name: String, prefix: String, owner: String, scopes: [Scope], createdAt: Int64, expiresAt: Int64) {
    self.name = name
    self.prefix = prefix
    self.owner = owner
    self.scopes = scopes
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }

  package func isValid(at now: Int64) -> Bool { revokedAt == nil && now < expiresAt }
}
