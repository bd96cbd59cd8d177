/// Names a secret and the version of it that a plan was made for. It has no place for the value.
package struct SecretReference: Sendable, Hashable {
  /// ASCII letters, digits, `.`, `_` and `-`, beginning with a letter, at most 64.
  package let name: String
  /// The same characters, beginning with any, at most 64.
  package let version: String

  package init?(name: String, version: String) {
    guard Self.isWord(name), name.utf8.first?.isASCIILetter == true, Self.isWord(version) else { return nil }
    self.name = name
    self.version = version
  }

  /// Reads `name@version`. A reference without a version is nil: another value under the same name would go unnoticed.
  package init?(_ text: String) {
    guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
    self.init(name: String(text[..<at]), version: String(text[text.utf8.index(after: at)...]))
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || ".-_".utf8.contains($0) }
  }
}

extension SecretReference: CustomStringConvertible {
  package var description: String { "secret:\(name)@\(version)" }
}
