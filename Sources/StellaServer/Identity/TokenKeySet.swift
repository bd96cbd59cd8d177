/// The public keys of an issuer at one moment (RFC 7517, section 5).
struct TokenKeySet: Sendable {
  private static let limit = 100

  private let keys: [TokenKey]

  /// Keys that can't be used here, such as those for encryption, are passed over.
  ///
  /// - Returns: nil when there is none that can, or over a hundred.
  init?(json: [UInt8]) {
    guard case .list(let entries)? = TokenValue.object(json)?["keys"], entries.count <= Self.limit else { return nil }
    keys = entries.compactMap { entry in
      guard case .members(let members) = entry else { return nil }
      return TokenKey(members)
    }
    if keys.isEmpty { return nil }
  }

  /// The keys that a token may be signed with: those of its id, or, when it names none, the only one that suits.
  func keys(for token: SignedToken) -> [TokenKey] {
    let suitable = keys.filter { $0.isFor(token.algorithm) }
    guard let id = token.keyID else { return suitable.count == 1 ? suitable : [] }
    return suitable.filter { $0.id == id }
  }
}
