import StellaModel

/// Who a request comes from, once that is proven.
package struct Identity: Sendable, Hashable {
  package var caller: Caller
  /// The person's name; of a token, its owner's.
  package var person: String
  /// The person's roles; of a token none, as it has scopes.
  package var roles: Set<String>
  /// Nanoseconds since the epoch when the session or token is over at the latest.
  package var until: Int64
  /// What pages show beside the cookie of a session; nil for a token.
  package var crossSiteToken: String?

  package init(caller: Caller, person: String, roles: Set<String>, until: Int64, crossSiteToken: String?) {
    self.caller = caller
    self.person = person
    self.roles = roles
    self.until = until
    self.crossSiteToken = crossSiteToken
  }

  /// Whether a role or a scope lets it do something of this kind.
  package func has(_ right: OperatorRequest.Right) -> Bool {
    switch caller {
    case .uid: true
    case .session: !roles.isDisjoint(with: right.roles)
    case .token(_, _, let scopes): right.scope.map(scopes.contains) ?? false
    case .issued(let name, let roles): right.isForIssued(Caller.isVisitor(name)) && !roles.isDisjoint(with: right.roles)
    case .local: right == .read
    }
  }

  /// Whether it may send events.
  var sendsEvents: Bool {
    if case .token(_, _, let scopes) = caller { scopes.contains(.eventsWrite) } else { false }
  }

  /// What its requests are counted by.
  var key: String {
    switch caller {
    case .uid(let uid): "uid:\(uid)"
    case .session(_, let account): "user:\(account)"
    case .token(let name, let owner, _): Caller.tokenActor(name, owner: owner)
    case .issued(let name, _): "issued:\(name)"
    case .local: "local"
    }
  }
}

/// A session that begins, with its secret, which is told this once.
package struct LoginGrant: Sendable, Hashable {
  package var secret: String
  package var identity: Identity

  package init(secret: String, identity: Identity) {
    self.secret = secret
    self.identity = identity
  }
}

/// The host's knowledge of who may come in. Every call blocks, and may be made from several threads at once.
package protocol AccessAuthority: Sendable {
  /// Whose secret this is; nil when it is nobody's, or no longer.
  ///
  /// - Parameters:
  ///   - address: where it comes from.
  ///   - isUse: whether that counts as a use of the session, which ends some time after the last.
  func identity(by secret: String, from address: String, isUse: Bool) throws(CommandFailure) -> Identity?
  /// Does the same work whether or not there is such a user.
  ///
  /// - Returns: nil when user and password don't fit.
  func logIn(_ user: String, password: String, address: String) throws(CommandFailure) -> LoginGrant?
  /// Begins a session for whom an OpenID provider vouches.
  ///
  /// - Returns: nil when the token isn't taken.
  /// - Throws: ``CommandFailure`` `notPermitted` when it is about no user.
  func logIn(token: String, address: String) throws(CommandFailure) -> LoginGrant?
  /// Makes the first admin.
  ///
  /// - Returns: nil when the code doesn't fit, or none is in force.
  func enrol(
    _ user: String, password: String, code: String, address: String
  ) throws(CommandFailure) -> LoginGrant?
  func logOut(_ identity: Identity) throws(CommandFailure)
  /// Puts on record that somebody who is logged in as the user didn't know their password, as of a login that failed. What can't be
  /// recorded is refused all the same.
  func noteWrongPassword(of user: String, address: String)
}
