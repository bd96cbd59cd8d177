import StellaModel
import StellaRemediation
import StellaServer

/// Who somebody is to Stella, and what they may do.
struct Whoami {
  let viewer: Viewer

  /// Ends a command with `notPermitted` when nobody is known by the account.
  func answer(_ layout: AnswerLayout) -> OperatorAnswer {
    var answer = OperatorAnswer()
    // A token has scopes; what its maker may do isn't what it may do.
    let roles =
      viewer.means == .local
      ? ["viewer"]
      : viewer.isToken ? [] : Person.Role.allCases.filter { viewer.person?.roles.contains($0) == true }.map(\.rawValue)
    answer.body =
      switch layout {
      case .json: json(roles)
      case .text: text(roles)
      }
    if viewer.person == nil, viewer.means != .local { answer.status = .notPermitted }
    return answer
  }

  private var means: String {
    switch viewer.means {
    case .uid: "uid"
    case .session: "session"
    case .token: "token"
    case .issued: "oidc"
    case .local: "local"
    }
  }

  private var account: String? { if case .uid(_, let account) = viewer.means { account } else { nil } }

  /// How it is known who asks, for people.
  private var proof: String {
    switch viewer.means {
    case .uid: "the uid that the kernel gives"
    case .session: "a session, which a login began"
    case .token(_, let scopes): "an API token for \(scopes.map(\.rawValue).sorted().joined(separator: ", "))"
    case .issued: "a token of the OpenID provider"
    case .local: "nothing"
    }
  }

  private func json(_ roles: [String]) -> String {
    var members: [FieldValue.Member] = [
      .init("means", .string(means)),
      .init("uid", viewer.uid.map { .integer(Int64($0)) } ?? .null),
      .init("account", account.map { .string($0) } ?? .null),
      .init("user", viewer.person.map { .string($0.name) } ?? .null),
      .init("roles", .array(roles.map { .string($0) })),
      .init("groups", .array((viewer.person?.groups ?? []).map { .string($0) })),
    ]
    if case .token(let name, let scopes) = viewer.means {
      members.append(.init("token", .string(name)))
      members.append(.init("scopes", .array(scopes.map(\.rawValue).sorted().map { .string($0) })))
    }
    if let problem = viewer.problem { members.append(.init("problem", .string(problem))) }
    return FieldValue.object(members).json + "\n"
  }

  private func text(_ roles: [String]) -> String {
    var lines = [TextEscaping.oneLine(viewer.text)]
    if let person = viewer.person {
      lines += [
        "user    \(ScreenText.name(person.name))", "roles   \(roles.isEmpty ? "none" : roles.joined(separator: ", "))",
        "groups  \(person.groups.isEmpty ? "none" : person.groups.joined(separator: ", "))",
        "by      \(proof)",
      ]
    }
    if let problem = viewer.problem {
      lines.append(TextEscaping.block("You can't vote: \(problem)."))
    } else if viewer.means == .issued {
      lines.append(
        "You can't vote: that needs a session. Begin one with the token: stella login --oidc-token-file FILE")
    } else if viewer.isToken {
      lines.append("You can't vote: API tokens never do.")
    } else if viewer.person?.roles.contains(.approver) != true {
      lines.append("You can't vote: that needs the role approver.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
