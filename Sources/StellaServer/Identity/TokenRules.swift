/// What a token has to say to be taken (RFC 7519, section 4.1; OpenID Connect Core 1.0, section 3.1.3.7).
package struct TokenRules: Sendable, Hashable {
  package var issuer: String
  /// For whom tokens may be; any of them.
  package var audiences: Set<String>
  /// Nanoseconds that clocks may differ by.
  package var leeway: Int64
  /// The claim with the name that a user has here; nil when tokens don't say.
  package var userClaim: String?
  /// The claim with the groups or roles that the issuer gives.
  package var groupsClaim: String?

  package init(
    issuer: String, audiences: Set<String>, leeway: Int64, userClaim: String?, groupsClaim: String?
  ) {
    (self.issuer, self.audiences, self.leeway) = (issuer, audiences, leeway)
    (self.userClaim, self.groupsClaim) = (userClaim, groupsClaim)
  }

  /// Whom verified claims are about.
  func subject(of claims: [String: TokenValue], now: Int64) throws(TokenRefusal) -> TokenSubject {
    guard claims["iss"]?.text == issuer else { throw .issuer }
    guard let named = claims["aud"]?.texts, !audiences.isDisjoint(with: named) else { throw .audience }
    // Whom it was made for, when it is for several.
    if named.count > 1, let party = claims["azp"] {
      guard let party = party.text, audiences.contains(party) else { throw .audience }
    }
    guard let end = claims["exp"]?.nanoseconds, now < end + leeway else { throw .expired }
    for name in ["nbf", "iat"] {
      guard let claim = claims[name] else { continue }
      guard let time = claim.nanoseconds, time <= now + leeway else { throw .early }
    }
    guard let id = claims["sub"]?.text, (1...255).contains(id.utf8.count),
      id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw .subject }
    return TokenSubject(id: id, user: user(claims), groups: groups(claims), until: end + leeway)
  }

  /// An address that nobody has looked at says nothing.
  private func user(_ claims: [String: TokenValue]) -> String? {
    guard let userClaim else { return nil }
    if userClaim == "email", claims["email_verified"] != .flag(true) { return nil }
    return claims[userClaim]?.text
  }

  /// Under its whole name, or, as some issuers nest it, as a path with dots.
  private func groups(_ claims: [String: TokenValue]) -> Set<String> {
    guard let groupsClaim else { return [] }
    var value = claims[groupsClaim]
    if value == nil {
      value = .members(claims)
      for part in groupsClaim.split(separator: ".") {
        guard case .members(let members)? = value else { return [] }
        value = members[String(part)]
      }
    }
    return Set(value?.texts ?? [])
  }
}

/// Whom an issuer vouches for.
package struct TokenSubject: Sendable, Hashable {
  /// The issuer's own for them, which never changes: printable ASCII.
  package let id: String
  /// The name that they have here, if the token says one.
  package let user: String?
  package let groups: Set<String>
  /// Nanoseconds since the epoch when it is over.
  package let until: Int64
}
