import StellaModel
import StellaRemediation
import StellaServer

extension ServerAccess {
  /// Who a token of an OpenID provider is about, for one request: no session, and so without a vote.
  func identity(byToken text: String, from address: String, isUse: Bool) throws(CommandFailure) -> Identity? {
    guard let (subject, visitor) = try found(text, address, isAttempt: isUse), let issuer else { return nil }
    if isUse, issuer.isNew(text, until: subject.until, now: now) {
      do throws(CommandFailure) {
        try reporting {
          try access.noteToken(
            of: visitor.isUser ? "user:\(visitor.name)" : visitor.name, subject: subject.id, until: subject.until,
            address: address)
        }
      } catch {
        issuer.forget(text)
        throw error
      }
    }
    return Identity(
      caller: .issued(name: visitor.name, roles: visitor.roles), person: visitor.name, roles: visitor.roles,
      until: subject.until, crossSiteToken: nil)
  }

  func logIn(token: String, address: String) throws(CommandFailure) -> LoginGrant? {
    guard issuer != nil else {
      throw CommandFailure(.usage, "this server believes no OpenID provider: `oidc:` in its stella.yaml names one.")
    }
    guard let (subject, visitor) = try found(token, address, isAttempt: true) else { return nil }
    guard visitor.isUser else {
      try reporting { try noteFailure(of: nil, address, reason: "oidc: no user") }
      throw CommandFailure(
        .notPermitted,
        "the token is good, but no user here has the name in it, and only a user has a session. An admin adds you: stella users add"
      )
    }
    return try reporting {
      try begin(visitor.name) { secret in
        try access.logIn(visitor.name, subject: subject.id, secret: secret, times: times, address: address)
      }
    }
  }

  /// Nil for a token that isn't taken, and for somebody who isn't let in.
  private func found(
    _ text: String, _ address: String, isAttempt: Bool
  ) throws(CommandFailure) -> (TokenSubject, IssuerAccess.Visitor)? {
    guard let issuer else { return nil }
    let subject: TokenSubject
    do throws(TokenRefusal) {
      subject = try issuer.subject(of: text, now: now)
    } catch {
      if isAttempt { try reporting { try noteFailure(of: nil, address, reason: "oidc: \(error.rawValue)") } }
      if error == .unavailable {
        throw CommandFailure(.failure, "the keys of the OpenID provider can't be read now. Try it again.")
      }
      return nil
    }
    guard let visitor = issuer.visitor(subject, access.roster.people) else {
      if isAttempt { try reporting { try noteFailure(of: nil, address, reason: "oidc: nobody") } }
      return nil
    }
    return (subject, visitor)
  }
}
