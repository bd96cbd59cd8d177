/// Somebody who may act: one entry of `users:`. All names of a person are compared exactly, byte by byte, and hold nothing
/// but ASCII, so that no two spellings of a name exist and none looks like another's in a foreign script.
package struct Person: Sendable, Hashable {
  /// What a person may do. None implies another: an admin who shall vote is an approver too.
  package enum Role: String, Sendable, Hashable, CaseIterable {
    case viewer
    case editor
    case approver
    case admin
  }

  /// Lower-case ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 64.
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

  package static let nameLimitBytes = 64

  /// Whether `name` can be that of a person or group.
  package static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= nameLimitBytes else { return false }
    return isLetterOrDigit(first) && name.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
  }

  /// Whether `alias` can be another name of a person: printable ASCII without blanks, at most 128.
  package static func isAlias(_ alias: String) -> Bool {
    !alias.isEmpty && alias.utf8.count <= 2 * nameLimitBytes && alias.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
