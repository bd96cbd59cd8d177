import StellaDetection
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Requests about those who may come in.
extension RemediationDesk {
  func answer(_ request: AccessRequest, for viewer: Viewer, as layout: AnswerLayout) throws -> OperatorAnswer {
    switch request {
    case .users: return try users(viewer, layout)
    case .addUser(let name, let roles, let groups, let password):
      let actor = try viewer.admin("add users")
      let hash = try password.map { try PasswordHash.make($0, of: name) }
      try access.addAccount(name, roles: roles, groups: groups, password: hash, by: actor)
      let left = hash == nil ? " They can log in once they have a password: stella users set-password \(name)" : ""
      return done("Added \(name).\(left)", name, layout)
    case .setPassword(let name, let password, let former):
      return try setPassword(name, password, former, viewer, layout)
    case .setRoles(let name, let roles, let groups):
      try access.setRoles(of: name, to: roles, groups: groups, by: try viewer.admin("say what users may do"))
      return done("\(name) has now \(roles.isEmpty ? "no role" : roles.joined(separator: ", ")).", name, layout)
    case .setDisabled(let name, let isDisabled):
      try access.setDisabled(name, isDisabled, by: try viewer.admin("disable users"))
      return done(
        isDisabled ? "\(name) can no longer log in or act; their sessions are over." : "\(name) may act again.", name,
        layout)
    case .tokens: return try tokens(viewer, layout)
    case .newToken(let name, let scopes, let lifetime): return try newToken(name, scopes, lifetime, viewer, layout)
    case .revokeToken(let name):
      try access.revokeToken(name, by: try viewer.admin("revoke tokens"))
      return done("Revoked \(name).", name, layout)
    }
  }

  private func done(_ text: String, _ name: String, _ layout: AnswerLayout) -> OperatorAnswer {
    var answer = OperatorAnswer()
    answer.body =
      switch layout {
      case .json: FieldValue.object([.init("name", .string(name))]).json + "\n"
      case .text: TextEscaping.oneLine(text) + "\n"
      }
    answer.notes = sealed()
    return answer
  }

  /// One's own over the network with the one before; another's as an admin.
  private func setPassword(
    _ name: String, _ password: String, _ former: String?, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    var kept: String?
    var replaced: String?
    let actor: String
    if try viewer.voter() == name {
      actor = "user:\(name)"
      if case .session(let id) = viewer.means {
        guard let former, let candidate = try access.candidate(name), PasswordHash.matches(former, candidate.password)
        else { throw AccessRequest.wrongPassword }
        (kept, replaced) = (id, candidate.password)
      }
    } else {
      actor = try viewer.admin("set another's password")
    }
    let hash = try PasswordHash.make(password, of: name)
    try access.setPassword(of: name, to: hash, replacing: replaced, keeping: kept, by: actor)
    return done("Set the password of \(name); other sessions are over.", name, layout)
  }

  // MARK: - Lists

  private func users(_ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    if case .uid = viewer.means {} else { _ = try viewer.admin("see all users") }
    let accounts = try store.readAccess { try $0.accounts() }
    let people = remediation.people
    var answer = OperatorAnswer()
    answer.isList = true
    var table = TextTable([
      .init("NAME"), .init("ROLES", isFlexible: true), .init("GROUPS", isFlexible: true), .init("FROM"),
      .init("PASSWORD"), .init("STATE"),
    ])
    for person in people.persons {
      let isDeclared = remediation.roster.declared[person.name] != nil
      let roles = Person.Role.allCases.filter(person.roles.contains).map(\.rawValue)
      let hasPassword = accounts.contains { $0.name == person.name && $0.password != nil }
      guard case .text = layout else {
        answer.body +=
          FieldValue.object([
            .init("name", .string(person.name)), .init("roles", .array(roles.map { .string($0) })),
            .init("groups", .array(person.groups.map { .string($0) })),
            .init("source", .string(isDeclared ? "configuration" : "store")), .init("password", .bool(hasPassword)),
            .init("disabled", .bool(person.isDisabled)),
          ]).json + "\n"
        continue
      }
      table.add([
        ScreenText.name(person.name), roles.isEmpty ? "none" : roles.joined(separator: ", "),
        person.groups.isEmpty ? "–" : person.groups.joined(separator: ", "), isDeclared ? "stella.yaml" : "store",
        hasPassword ? "yes" : "no", person.isDisabled ? "disabled" : "active",
      ])
    }
    if case .text = layout {
      answer.body =
        people.persons.isEmpty
        ? "Nobody is known. `stella serve` with `login: true` prints a code for the first admin.\n"
        : table.text(for: layout.terminal)
    }
    return answer
  }

  private func tokens(_ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    if case .uid = viewer.means {} else { _ = try viewer.admin("see all tokens") }
    let tokens = try store.readAccess { try $0.tokens() }
    let now = remediation.journal.time.now()
    var answer = OperatorAnswer()
    answer.isList = true
    guard case .text = layout else {
      answer.body = tokens.map { json($0, now).json + "\n" }.joined()
      return answer
    }
    guard !tokens.isEmpty else {
      answer.body = "No tokens. Make one: stella tokens new NAME --scope events:write\n"
      return answer
    }
    let time = ScreenTime(now: now)
    var table = TextTable([
      .init("NAME"), .init("TOKEN"), .init("SCOPES", isFlexible: true), .init("OWNER"), .init("USED", isFlexible: true),
      .init("STATE", isFlexible: true),
    ])
    for token in tokens {
      table.add([
        ScreenText.name(token.name), token.prefix + "…", token.scopes.map(\.rawValue).joined(separator: ", "),
        ScreenText.name(token.owner), token.usedAt.map { time.clock($0) } ?? "never", state(token, now, time),
      ])
    }
    answer.body = table.text(for: layout.terminal)
    return answer
  }

  private func state(_ token: APIToken, _ now: Int64, _ time: ScreenTime) -> String {
    if let revoked = token.revokedAt { return "revoked \(time.clock(revoked))" }
    return (now < token.expiresAt ? "until " : "expired ") + time.clock(token.expiresAt)
  }

  private func json(_ token: APIToken, _ now: Int64) -> FieldValue {
    .object([
      .init("name", .string(token.name)), .init("prefix", .string(token.prefix)),
      .init("scopes", .array(token.scopes.map { .string($0.rawValue) })), .init("owner", .string(token.owner)),
      .init("created", .string(Timestamp.text(token.createdAt))),
      .init("expires", .string(Timestamp.text(token.expiresAt))),
      .init("used", token.usedAt.map { .string(Timestamp.text($0)) } ?? .null),
      .init("revoked", token.revokedAt.map { .string(Timestamp.text($0)) } ?? .null),
      .init("valid", .bool(token.isValid(at: now))),
    ])
  }

  private func newToken(
    _ name: String, _ scopes: [String], _ lifetime: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    _ = try viewer.admin("make tokens")
    let owner = try viewer.voter()
    var taken: [APIToken.Scope] = []
    for scope in scopes {
      guard let known = APIToken.Scope(rawValue: scope) else {
        let hint =
          NearestName.of(scope, in: APIToken.Scope.allCases.map(\.rawValue)).map { " Did you mean \($0)?" } ?? ""
        throw CommandFailure(
          .usage, "there is no scope \(scope).\(hint) The scopes are \(AccessBook<SQLiteStore>.scopeNames).")
      }
      taken.append(known)
    }
    guard let length = DurationText.nanoseconds(lifetime) else {
      throw CommandFailure(.usage, "\(lifetime) is no duration: write 30d, 12h or the like, up to 366d.")
    }
    let secret = AccessSecret(.token, random: LogKeyFile.unpredictable(AccessSecret.bytes))
    let token = try access.makeToken(name, secret: secret, scopes: taken, lifetime: length, owner: owner)
    var answer = OperatorAnswer()
    let now = remediation.journal.time.now()
    switch layout {
    case .json:
      guard case .object(let members) = json(token, now) else { preconditionFailure("an object") }
      answer.body = FieldValue.object(members + [.init("token", .string(secret.text))]).json + "\n"
    case .text:
      answer.body = secret.text + "\n"
      answer.notes = [
        OperatorAnswer.Note(
          "This is shown once. It is valid until \(ScreenTime(now: now).clock(token.expiresAt)); end it before: "
            + "stella tokens revoke \(name)", isHint: true)
      ]
    }
    answer.notes += sealed()
    return answer
  }
}
