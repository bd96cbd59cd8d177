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
  /// Somebody for whom an OpenID provider vouches, for one request and without a session.
  ///
  /// - Parameters:
  ///   - name: a user's, or ``visitor(_:)``.
  ///   - roles: what lets them do something.
  case issued(name: String, roles: Set<String>)
  /// Some program of this machine, where nobody logs in: it may look, and not at personal data.
  case local

  /// Whom a program acts as, on the log and as who asks for a run: nobody's own name has a colon in it.
  package static func tokenActor(_ name: String, owner: String) -> String { "token:\(name)@\(owner)" }

  /// What somebody is called who is no user here: nobody's own name has a colon in it.
  ///
  /// - Parameter subject: the provider's own name for them.
  package static func visitor(_ subject: String) -> String { "oidc:\(subject)" }

  package static func isVisitor(_ name: String) -> Bool { name.hasPrefix("oidc:") }

  /// A person, or such a visitor, on the log.
  package static func actor(_ name: String) -> String { isVisitor(name) ? name : "user:\(name)" }

  package static func isToken(_ actor: String) -> Bool { owner(ofTokenActor: actor) != nil }

  /// The person behind ``tokenActor(_:owner:)``; nil for another text.
  package static func owner(ofTokenActor text: String) -> String? {
    guard text.hasPrefix("token:"), let at = text.lastIndex(of: "@") else { return nil }
    return String(text[text.index(after: at)...])
  }
}
