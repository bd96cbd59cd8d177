import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Who may come in to a server, as its store and its configuration have it.
final class ServerAccess: AccessAuthority {
  private let desk: RemediationDesk
  let times: SessionTimes
  /// Nil where no OpenID provider is believed.
  let issuer: IssuerAccess?
  private let code = EnrolmentCode()
  private let failures = FailureTally()
  private let refusals = (people: FailureTally(), programs: FailureTally())
  /// What a password of nobody is held against, so that it takes as long.
  private let decoy: String

  init(_ desk: RemediationDesk, _ configuration: Configuration.Server.Login) {
    self.desk = desk
    times = SessionTimes(idle: configuration.idle, longest: configuration.longest)
    issuer = configuration.issuer.map(IssuerAccess.init)
    decoy = (try? PasswordHash.make(HexText.text(LogKeyFile.unpredictable(32)), of: "")) ?? ""
  }

  var access: AccessBook<SQLiteStore> { desk.access }
  var now: Int64 { desk.remediation.journal.time.now() }

  /// A code for the first admin; nil when somebody is known.
  func enrolmentCode() -> String? { access.roster.people.persons.isEmpty ? code.make(now: now) : nil }

  func identity(by text: String, from address: String, isUse: Bool) throws(CommandFailure) -> Identity? {
    if TokenVerifier.isToken(text) { return try identity(byToken: text, from: address, isUse: isUse) }
    guard let secret = AccessSecret(text) else { return nil }
    return try reporting {
      switch secret.kind {
      case .session:
        guard let (session, person) = try access.session(secret, isUse: isUse) else { return nil }
        return identity(session, person, secret)
      case .token:
        guard let (token, owner) = try access.token(secret, isUse: isUse) else { return nil }
        return Identity(
          caller: .token(name: token.name, owner: owner.name, scopes: Set(token.scopes)), person: owner.name,
          roles: [], until: token.expiresAt, crossSiteToken: nil)
      }
    }
  }

  private func identity(_ session: LoginSession, _ person: Person, _ secret: AccessSecret) -> Identity {
    Identity(
      caller: .session(id: session.id, account: session.account), person: person.name,
      roles: Set(person.roles.map(\.rawValue)), until: session.endsAt, crossSiteToken: secret.crossSiteToken)
  }

  func logIn(_ user: String, password: String, address: String) throws(CommandFailure) -> LoginGrant? {
    try reporting {
      let candidate = try access.candidate(user)
      let fits = PasswordHash.matches(password, candidate?.password ?? decoy)
      guard let candidate, fits else {
        try noteFailure(of: candidate?.account ?? access.roster.people[user]?.name, address)
        return nil
      }
      return try begin(candidate.account, candidate.password, address)
    }
  }

  func enrol(
    _ user: String, password: String, code given: String, address: String
  ) throws(CommandFailure) -> LoginGrant? {
    try reporting {
      guard code.fits(given, now: now) else {
        try noteFailure(of: nil, address)
        return nil
      }
      let hash = try PasswordHash.make(password, of: user)
      try access.enrol(user, password: hash)
      code.end()
      return try begin(user, hash, address)
    }
  }

  /// A session with a secret of its own, whatever the request came with.
  private func begin(_ account: String, _ hash: String, _ address: String) throws -> LoginGrant? {
    try begin(account) { secret in
      try access.logIn(account, password: hash, secret: secret, times: times, address: address)
    }
  }

  func begin(_ account: String, _ logIn: (AccessSecret) throws -> LoginSession?) throws -> LoginGrant? {
    let secret = AccessSecret(.session, random: LogKeyFile.unpredictable(AccessSecret.bytes))
    guard let session = try logIn(secret), let person = access.person(of: account) else { return nil }
    _ = desk.sealed()
    return LoginGrant(secret: secret.text, identity: identity(session, person, secret))
  }

  func logOut(_ identity: Identity) throws(CommandFailure) {
    guard case .session(let id, let account) = identity.caller else { return }
    try reporting { try access.logOut(session: id, of: account) }
  }

  func noteWrongPassword(of user: String, address: String) {
    let account = try? access.candidate(user)?.account
    try? noteFailure(of: account ?? user, address, reason: "the former password, to set another")
  }

  func noteFailure(of account: String?, _ address: String, reason: String? = nil) throws {
    guard let count = failures.add(now: now) else { return }
    let isOne = count == 1
    try access.noteFailures(
      of: isOne ? account : nil, count: count, address: isOne ? address : "several", reason: isOne ? reason : nil)
  }

  /// Puts on record that somebody who is known wanted to decide or administer without the right. What can't be recorded is
  /// refused all the same.
  func noteRefusal(of viewer: Viewer, _ request: OperatorRequest) {
    let tally = viewer.isToken ? refusals.programs : refusals.people
    guard [.vote, .administer, .own].contains(request.right), let actor = try? viewer.actor(),
      tally.add(now: now) != nil
    else { return }
    try? access.noteRefusal(of: actor, what: request.right.rawValue, run: request.run)
  }

  func reporting<Value>(_ body: () throws -> Value) throws(CommandFailure) -> Value {
    do {
      return try body()
    } catch {
      throw FailureReport(error).failure
    }
  }
}
