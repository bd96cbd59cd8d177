import StellaModel

extension AccessBook {
  /// A token is valid a year at most.
  package static var longestToken: Int64 { 366 * 86_400 * 1_000_000_000 }
  private static var useStep: Int64 { 60_000_000_000 }

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - secret: to be shown once.
  ///   - lifetime: nanoseconds.
  ///   - owner: the person who makes it.
  /// - Throws: ``AccessError`` `unfit`; `conflict` when a valid one has the name.
  package func makeToken(
    _ name: String, secret: AccessSecret, scopes: [APIToken.Scope], lifetime: Int64, owner: String
  ) throws -> APIToken {
    precondition(secret.kind == .token)
    try checkName(name)
    guard !scopes.isEmpty else {
      throw AccessError(
        .unfit, "a token without a scope lets nobody do anything. Give one or more of \(Self.scopeNames).")
    }
    guard lifetime > 0, lifetime <= Self.longestToken else {
      throw AccessError(.unfit, "a token is valid 366d at most. Make another one in time.")
    }
    return try store.write(as: .command) { transaction in
      try checkAdmin("user:\(owner)")
      let now = time.now()
      if try transaction.tokens().contains(where: { $0.name == name && $0.isValid(at: now) }) {
        throw AccessError(
          .conflict, "there is a token \(name) already. Revoke it, or take another name: stella tokens revoke \(name)")
      }
      let token = APIToken(
        name: name, prefix: secret.prefix, owner: owner, scopes: APIToken.Scope.allCases.filter(scopes.contains),
        createdAt: now, expiresAt: now + lifetime)
      try transaction.insert(token, digest: secret.digest)
      try transaction.append(
        LogEntry(
          .tokenMade, time: now, actor: "user:\(owner)",
          body: [
            .init("token", .string(name)), .init("prefix", .string(token.prefix)),
            .init("scopes", texts(token.scopes.map(\.rawValue))),
            .init("until", .string(Timestamp.text(token.expiresAt))),
          ]))
      return token
    }
  }

  package static var scopeNames: String { APIToken.Scope.allCases.map(\.rawValue).joined(separator: ", ") }

  /// - Throws: ``AccessError`` `not_found` when no valid token has the name.
  package func revokeToken(_ name: String, by actor: String) throws {
    try store.write(as: .command) { transaction in
      try checkAdmin(actor)
      let now = time.now()
      guard let token = try transaction.tokens().first(where: { $0.name == name && $0.isValid(at: now) }) else {
        throw AccessError(
          .notFound, "no valid token has the name \(name). stella tokens list shows those that there are.")
      }
      try transaction.revoke(token: token.prefix, at: now)
      try transaction.append(
        LogEntry(
          .tokenRevoked, time: now, actor: actor,
          body: [.init("token", .string(name)), .init("prefix", .string(token.prefix))]))
    }
  }

  /// The token that a secret is for; nil when it is no longer valid, or its owner may no longer come in.
  ///
  /// - Parameter isUse: whether it counts as used now.
  package func token(_ secret: AccessSecret, isUse: Bool = true) throws -> (token: APIToken, owner: Person)? {
    let digest = secret.digest
    guard secret.kind == .token, let token = try store.readAccess({ try $0.token(digest) }) else { return nil }
    let now = time.now()
    guard token.isValid(at: now), let owner = person(of: token.owner), !owner.isDisabled else { return nil }
    if isUse, now - (token.usedAt ?? 0) >= Self.useStep {
      try store.write(as: .command) { try $0.setUsed(token: token.prefix, at: now) }
    }
    return (token, owner)
  }

  /// Whether a valid token of somebody has the name.
  package func isInForce(token name: String, of owner: String) throws -> Bool {
    let now = time.now()
    return try store.readAccess { try $0.tokens() }.contains {
      $0.name == name && $0.isValid(at: now) && person(of: $0.owner)?.name == owner
    }
  }
}
