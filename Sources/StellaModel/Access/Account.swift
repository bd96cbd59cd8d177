/// Somebody whom the store knows. What stella.yaml says of the same name holds before this, but for `isDisabled`: who is disabled in
/// either place is disabled.
package struct Account: Sendable, Hashable {
  /// An ``AccountName``.
  package var name: String
  /// Names of roles, sorted.
  package var roles: [String]
  /// ``AccountName``s, sorted.
  package var groups: [String]
  /// A hash as crypt(5) writes it, with its salt and cost; nil: nobody can log in with a password.
  package var password: String?
  package var isDisabled = false
  /// Nanoseconds since the epoch.
  package var createdAt: Int64
  package var passwordAt: Int64?

  package init(name: String, roles: [String], groups: [String], password: String?, createdAt: Int64) {
    self.name = name
    self.roles = roles
    self.groups = groups
    self.password = password
    self.createdAt = createdAt
    passwordAt = password == nil ? nil : createdAt
  }
}
