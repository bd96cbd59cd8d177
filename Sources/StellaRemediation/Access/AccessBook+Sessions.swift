import StellaModel

/// How long a session may last, in nanoseconds.
package struct SessionTimes: Sendable, Hashable {
  /// Without use.
  package var idle: Int64
  package var longest: Int64

  package init(idle: Int64, longest: Int64) {
    self.idle = idle
    self.longest = longest
  }
}

extension AccessBook {
  /// Sessions that one account may have at a time; the oldest make way.
  private static var sessionLimit: Int { 16 }
  /// Uses are noted no more often than this.
  private static var useStep: Int64 { 60_000_000_000 }

  /// Whom a name that somebody gave at a login may mean, with the hash that their password must have; nil for nobody who could log
  /// in.
  ///
  /// - Parameter name: exactly a user's name, or another name that stella.yaml gives them.
  package func candidate(_ name: String) throws -> (account: String, password: String)? {
    guard let person = roster.people[name] else { return nil }
    guard !person.isDisabled else { return nil }
    let account = try store.readAccess { try $0.account(person.name) }
    guard let account, !account.isDisabled, let password = account.password else { return nil }
    return (account.name, password)
  }

  /// Begins a session of somebody whose password was right.
  ///
  /// - Parameters:
  ///   - password: the hash that it was held against; it must be in force still.
  ///   - address: from where.
  /// - Returns: nil when they may no longer log in.
  package func logIn(
    _ name: String, password: String, secret: AccessSecret, times: SessionTimes, address: String
  ) throws -> LoginSession? {
    try store.write(as: .command) { transaction in
      guard let account = try transaction.account(name), account.password == password, !account.isDisabled else {
        return nil
      }
      return try begin(name, secret, times, address, [], transaction)
    }
  }

  /// Begins a session of somebody for whom an OpenID provider vouches; they need no password.
  ///
  /// - Parameters:
  ///   - name: a user's.
  ///   - subject: the provider's name for them.
  /// - Returns: nil when they may no longer log in.
  package func logIn(
    _ name: String, subject: String, secret: AccessSecret, times: SessionTimes, address: String
  ) throws -> LoginSession? {
    try store.write(as: .command) { transaction in
      if let account = try transaction.account(name), account.isDisabled { return nil }
      let proof: [FieldValue.Member] = [.init("by", .string("oidc")), .init("subject", .string(subject))]
      return try begin(name, secret, times, address, proof, transaction)
    }
  }

  private func begin(
    _ name: String, _ secret: AccessSecret, _ times: SessionTimes, _ address: String, _ proof: [FieldValue.Member],
    _ transaction: Store.Transaction
  ) throws -> LoginSession? {
    precondition(secret.kind == .session)
    guard let person = person(of: name), !person.isDisabled else { return nil }
    let now = time.now()
    try transaction.removeSessions(endedBefore: now)
    for former in try transaction.sessions(of: name).dropLast(Self.sessionLimit - 1) {
      _ = try transaction.removeSession(former.id)
    }
    // The digest's own beginning: a name for it in the log that gives nothing away.
    let session = LoginSession(
      id: HexText.text(secret.digest.prefix(8)), account: name, createdAt: now, idle: times.idle,
      endsAt: now + times.longest)
    try transaction.insert(session, digest: secret.digest)
    try transaction.append(
      LogEntry(
        .loggedIn, time: now, actor: "user:\(person.name)",
        body: proof + [
          .init("session", .string(session.id)), .init("address", .string(address)),
          .init("until", .string(Timestamp.text(session.endsAt))),
        ]))
    return session
  }

  /// Somebody came in with a token of an OpenID provider, for the first time with this one.
  package func noteToken(of actor: String, subject: String, until: Int64, address: String) throws {
    try store.write(as: .command) { transaction in
      _ = try transaction.append(
        LogEntry(
          .loggedIn, time: time.now(), actor: actor,
          body: [
            .init("by", .string("oidc")), .init("subject", .string(subject)), .init("address", .string(address)),
            .init("until", .string(Timestamp.text(until))),
          ]))
    }
  }

  /// Attempts that failed, put on record together.
  ///
  /// - Parameter account: nil when nobody has the name that was given, which then isn't told: people type passwords there.
  /// - Parameter reason: what was wrong, where that gives nothing away.
  package func noteFailures(of account: String?, count: Int, address: String, reason: String? = nil) throws {
    var body: [FieldValue.Member] = [
      .init("user", account.map { .string($0) } ?? .null), .init("address", .string(address)),
      .init("count", .integer(Int64(count))),
    ]
    if let reason { body.append(.init("reason", .string(reason))) }
    try store.write(as: .command) { [body] transaction in
      _ = try transaction.append(LogEntry(.loginFailed, time: time.now(), actor: "engine", body: body))
    }
  }

  /// Somebody who is known was refused; as ``noteFailures(of:count:address:)``.
  package func noteRefusal(of actor: String, what: String, run: String?) throws {
    try store.write(as: .command) { transaction in
      _ = try transaction.append(
        LogEntry(.accessRefused, time: time.now(), run: run, actor: actor, body: [.init("what", .string(what))]))
    }
  }

  package func logOut(session id: String, of account: String) throws {
    try store.write(as: .command) { transaction in
      guard try transaction.removeSession(id) else { return }
      let name = person(of: account)?.name ?? account
      try transaction.append(
        LogEntry(
          .loggedOut, time: time.now(), actor: "user:\(name)", body: [.init("session", .string(id))]))
    }
  }

  /// The session that a secret is for; nil when it is over, or its person may no longer come in.
  ///
  /// - Parameter isUse: whether it counts as used now.
  package func session(_ secret: AccessSecret, isUse: Bool = true) throws -> (session: LoginSession, person: Person)? {
    let digest = secret.digest
    guard secret.kind == .session, let session = try store.readAccess({ try $0.session(digest) }) else { return nil }
    let now = time.now()
    guard !session.isOver(at: now), let person = person(of: session.account), !person.isDisabled else { return nil }
    if isUse, now - session.usedAt >= Self.useStep {
      try store.write(as: .command) { try $0.setUsed(session: session.id, at: now) }
    }
    return (session, person)
  }

  /// Whether an account has a session of the id that isn't over.
  package func isInForce(session id: String, of account: String) throws -> Bool {
    let now = time.now()
    return try store.readAccess { try $0.sessions(of: account) }.contains { $0.id == id && !$0.isOver(at: now) }
  }

  /// Who an account is; nil for nobody.
  package func person(of account: String) -> Person? {
    switch roster.declared.owner(ofAccount: account) {
    case .declared(let person): roster.people[person.name]
    case .own: roster.people[account]
    case .ambiguous: nil
    }
  }
}
