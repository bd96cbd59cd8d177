/// Somebody who may act: one entry of `users:`. All names of a person are ASCII and compared exactly.
package struct Person: Sendable, Hashable {
  /// What a person may do. None implies another: an admin who shall vote is an approver too.
  package enum Role: String, Sendable, Hashable, CaseIterable {
    case viewer
    case editor
    case approver
    case admin
  }

  /// An ``AccountName``, as those of groups are.
  package var name: String
  /// Of the operating system.
  package var uids: [UInt32]
  /// Login names of the operating system.
  package var osNames: [String]
  /// Other names that mean this person, such as the e-mail address that a fix gives as its author.
  package var aliases: [String]
  package var groups: [String]
  package var roles: Set<Role>
  package var isDisabled: Bool

  package init(
    name: String, uids: [UInt32] = [], osNames: [String] = [], aliases: [String] = [], groups: [String] = [],
    roles: Set<Role> = [], isDisabled: Bool = false
  ) {
    self.name = name
    self.uids = uids
    self.osNames = osNames
    self.aliases = aliases
    self.groups = groups
    self.roles = roles
    self.isDisabled = isDisabled
  }
}
