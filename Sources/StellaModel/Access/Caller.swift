/// By what a request shows whose it is.
package enum Caller: Sendable, Hashable {
  /// The user of this machine that the kernel names.
  case uid(UInt32)
  /// A person who has logged in.
  ///
  /// - Parameters:
  ///   - id: of the session.
  ///   - account: an ``Account``'s name.
  case session(id: String, account: String)
  /// A program.
  ///
  /// - Parameter owner: name of the person who made the token.
  case token(name: String, owner: String, scopes: Set<APIToken.Scope>)
  /// Some program of this machine, where nobody logs in: it may look, and not at personal data.
  case local

  /// Whom a program acts as, on the log and as who asks for a run: nobody's own name has a colon in it.
  package static func tokenActor(_ name: String, owner: String) -> String { "token:\(name)@\(owner)" }

  /// The person behind ``tokenActor(_:owner:)``; nil for another text.
  package static func owner(ofTokenActor text: String) -> String? {
    guard text.hasPrefix("token:"), let at = text.lastIndex(of: "@") else { return nil }
    return String(text[text.index(after: at)...])
  }
}
