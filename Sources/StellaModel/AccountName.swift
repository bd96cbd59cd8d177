/// Names of users and groups. They are compared byte by byte and hold nothing but ASCII in lower case, so that no two
/// spellings of a name exist and none looks like another's in a foreign script.
package enum AccountName {
  package static let limitBytes = 64

  /// Whether `name` is 1 to 64 lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
  package static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= limitBytes else { return false }
    return isLetterOrDigit(first) && name.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
  }

  /// Whether `alias` can be another name of somebody, such as an e-mail address: printable ASCII without blanks, at most 128.
  package static func isAlias(_ alias: String) -> Bool {
    !alias.isEmpty && alias.utf8.count <= 2 * limitBytes && alias.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
