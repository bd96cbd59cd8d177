import Glibc
import StellaModel
import StellaRemediation
import StellaServer

/// Who asks, as the kernel, a session or a token says, and never what somebody claims.
struct Viewer: Sendable {
  /// By what it is known who asks.
  enum Means: Sendable, Hashable {
    /// - Parameter account: its name, if it has one.
    case uid(UInt32, account: String?)
    case session(id: String)
    case token(name: String, scopes: Set<APIToken.Scope>)
    /// A token of an OpenID provider, without a session.
    case issued
    /// A program of this machine, where nobody logs in.
    case local
  }

  let means: Means
  /// Nil when nobody is known, or more than one. Of a token, who made it.
  let person: Person?
  /// Why there is no person; nil when there is.
  let problem: String?

  /// - Parameter uid: of who asks; that of this process, for the person at the terminal.
  init(_ people: People, uid: UInt32 = getuid()) {
    let account = Viewer.account(of: uid)
    means = .uid(uid, account: account)
    switch people.identity(uid: uid, osName: account) {
    case .person(let found):
      person = found
      problem = found.isDisabled ? "\(found.name) is disabled" : nil
    case .unknown:
      person = nil
      problem =
        "no entry of `users:` in stella.yaml has the account \(Viewer.name(uid, account)); an admin adds one, such as "
        + "`\(account ?? "mara"): { uids: [\(uid)], roles: [approver] }`"
    case .ambiguous(let one, let other):
      person = nil
      problem =
        "the account \(Viewer.name(uid, account)) leads to \(one) and \(other) in `users:`; an admin "
        + "corrects that"
    }
  }

  init(_ caller: Caller, _ access: AccessBook<some AccessStore>) {
    switch caller {
    case .uid(let uid): self.init(access.roster.people, uid: uid)
    // Both may have ended since they were shown: a request's body takes its time to come.
    case .session(let id, let account):
      let isInForce = (try? access.isInForce(session: id, of: account)) == true
      self.init(
        .session(id: id), isInForce ? access.person(of: account) : nil,
        problem: isInForce ? Viewer.unknown : "this session is over. Log in again: stella login")
    case .token(let name, let owner, let scopes):
      let isInForce = (try? access.isInForce(token: name, of: owner)) == true
      self.init(
        .token(name: name, scopes: scopes), isInForce ? access.person(of: owner) : nil,
        problem: isInForce ? Viewer.unknown : "this token is not valid any more")
    case .issued(let name, let roles):
      let visitor = Person(name: name, roles: Set(roles.compactMap(Person.Role.init)))
      self.init(.issued, Caller.isVisitor(name) ? visitor : access.person(of: name))
    case .local:
      self.init(.local, nil, problem: "nobody logs in here")
    }
  }

  private init(_ means: Means, _ person: Person?, problem: String = Viewer.unknown) {
    self.means = means
    self.person = person
    self.problem = person.map { $0.isDisabled ? "\($0.name) is disabled" : nil } ?? problem
  }

  /// Of the operating system; nil for who comes over the network.
  var uid: UInt32? { if case .uid(let uid, _) = means { uid } else { nil } }

  var isToken: Bool { if case .token = means { true } else { false } }

  /// `mara (uid 1001)`.
  var text: String {
    switch means {
    case .uid(let uid, let account): Viewer.name(uid, account)
    case .session(let id): "\(person?.name ?? "nobody") (session \(id))"
    case .token(let name, _): "token \(name) of \(person?.name ?? "nobody")"
    case .issued: "\(person?.name ?? "nobody") (a token of the OpenID provider)"
    case .local: "a program of this machine"
    }
  }

  private static func name(_ uid: UInt32, _ account: String?) -> String {
    account.map { "\($0) (uid \(uid))" } ?? "uid \(uid)"
  }

  var report: RunReport.Viewer {
    if isToken { return .nobody(text, reason: Viewer.tokensDontDecide) }
    if means == .issued { return .nobody(text, reason: Viewer.issuedDontDecide) }
    if let person { return .person(person.name) }
    return .nobody(text, reason: problem ?? "")
  }

  private static let unknown = "there is no such user any more"

  private static let tokensDontDecide =
    "API tokens ask for plans and never decide; a person logs in: stella login"

  /// Why no token can have a right.
  private static func noToken(for right: OperatorRequest.Right) -> String {
    switch right {
    case .vote, .thaw, .read, .propose: tokensDontDecide
    case .respond:
      "API tokens read and ask for plans; what is done about alerts, rules and effects is for a person: stella login"
    case .administer: "API tokens don't administer users and tokens; an admin logs in: stella login"
    case .own: "an API token has no password; the person whose it is logs in: stella login"
    }
  }

  private static let issuedDontDecide =
    "a token of the OpenID provider lets nobody decide or administer; begin a session with it: stella login --oidc-token-file FILE"

  /// The person's name.
  ///
  /// - Throws: ``CommandFailure`` `notPermitted` when nobody is known, and for who has no session.
  func voter() throws(CommandFailure) -> String {
    if means == .issued { throw CommandFailure(.notPermitted, Viewer.issuedDontDecide) }
    if isToken { throw CommandFailure(.notPermitted, Viewer.tokensDontDecide) }
    guard let person, problem == nil else { throw CommandFailure(.notPermitted, problem ?? "") }
    return person.name
  }

  /// Who acknowledges, silences or stops effects: a person, also one without a session for whom an OpenID provider vouches.
  ///
  /// - Throws: as ``voter()``.
  func responder() throws(CommandFailure) -> String {
    guard means == .issued else { return try voter() }
    guard let person, problem == nil else { throw CommandFailure(.notPermitted, problem ?? "") }
    return person.name
  }

  /// Who it is on the log: a person, or a program together with who made its token.
  func actor() throws(CommandFailure) -> String {
    guard let person, problem == nil else { throw CommandFailure(.notPermitted, problem ?? "") }
    if case .token(let name, _) = means { return Caller.tokenActor(name, owner: person.name) }
    return Caller.actor(person.name)
  }

  /// The same, and a user of this machine whom nobody has declared by its number: for what needs no role.
  func actorOrAccount() throws(CommandFailure) -> String {
    if person == nil, case .uid(let uid, _) = means { return "uid:\(uid)" }
    return try actor()
  }

  /// Who it is on the log, for what only an admin may do.
  ///
  /// - Throws: ``CommandFailure`` `notPermitted` for everybody else.
  func admin(_ what: String) throws(CommandFailure) -> String {
    let name = try voter()
    guard person?.roles.contains(.admin) == true else {
      throw CommandFailure(.notPermitted, "only an admin can \(what)")
    }
    return "user:\(name)"
  }

  /// Refuses what neither role nor scope lets who comes over the network do. Whoever can use the state directory may read it
  /// anyway; what its users may do, each request looks at.
  func check(_ request: OperatorRequest) throws(CommandFailure) {
    let right = request.right
    switch means {
    case .uid: return
    case .local:
      guard request.isForAnybodyHere else { throw CommandFailure(.notPermitted, LoopbackServer.readOnly) }
    case .session:
      let name = try voter()
      let roles = Set(person?.roles.map(\.rawValue) ?? [])
      guard roles.isDisjoint(with: right.roles) else { return }
      let needed = right.roles.sorted().joined(separator: " or ")
      throw CommandFailure(.notPermitted, "\(name) can't do this: it needs the role \(needed)")
    case .issued:
      guard let person, problem == nil else { throw CommandFailure(.notPermitted, problem ?? "") }
      guard right.isForIssued(false) else { throw CommandFailure(.notPermitted, Viewer.issuedDontDecide) }
      guard right.isForIssued(Caller.isVisitor(person.name)) else {
        throw CommandFailure(
          .notPermitted,
          "only a user asks for plans, so that it is known who must not approve them: an admin adds you with stella users add"
        )
      }
      guard Set(person.roles.map(\.rawValue)).isDisjoint(with: right.roles) else { return }
      let needed = right.roles.sorted().joined(separator: " or ")
      throw CommandFailure(.notPermitted, "\(person.name) can't do this: it needs the role \(needed)")
    case .token(_, let scopes):
      if let problem { throw CommandFailure(.notPermitted, problem) }
      guard let scope = right.scope else { throw CommandFailure(.notPermitted, Viewer.noToken(for: right)) }
      guard scopes.contains(scope) else {
        throw CommandFailure(.notPermitted, "this token can't do this: it needs the scope \(scope.rawValue)")
      }
    }
  }

  /// Whether personal data is taken out of an answer: for all who come over the network and are no admins, but for approvers in what is
  /// about one run, so that they see exactly what they decide on. A plan that nobody asked for is no such run, and on no record.
  func seesMasked(_ request: OperatorRequest) -> Bool {
    if case .access = request { return false }
    let roles: Set<Person.Role>
    switch means {
    case .uid: return false
    case .local, .token, .issued: roles = []
    case .session: roles = person?.roles ?? []
    }
    if roles.contains(.admin) { return false }
    return !request.isAboutRun || !roles.contains(.approver)
  }

  private static func account(of uid: UInt32) -> String? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return record.pw_name.map { String(cString: $0) }
  }
}
