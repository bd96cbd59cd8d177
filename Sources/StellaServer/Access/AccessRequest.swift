import StellaModel

/// What is asked about those who may come in.
package enum AccessRequest: Sendable, Hashable {
  case users
  /// - Parameter password: nil: none yet.
  case addUser(String, roles: [String], groups: [String], password: String?)
  /// - Parameter former: of somebody who changes their own over the network.
  case setPassword(String, password: String, former: String?)
  /// - Parameter groups: nil leaves them.
  case setRoles(String, roles: [String], groups: [String]?)
  case setDisabled(String, Bool)
  case tokens
  /// - Parameter lifetime: such as `90d`.
  case newToken(String, scopes: [String], lifetime: String)
  case revokeToken(String)
}

extension AccessRequest {
  /// What somebody is told who didn't show the password there is now.
  package static let wrongPassword = CommandFailure(
    .notPermitted, "the password there is now doesn't fit. Nothing was changed.")

  var call: OperatorRequest.Call {
    switch self {
    case .users: return call("GET", ["users"])
    case .addUser(let name, let roles, let groups, let password):
      return call(
        "POST", ["users"],
        [.init("name", .string(name)), .init("roles", list(roles)), .init("groups", list(groups))]
          + (password.map { [.init("password", .string($0))] } ?? []))
    case .setPassword(let name, let password, let former):
      return call(
        "PUT", ["users", name, "password"],
        [.init("password", .string(password))] + (former.map { [.init("former", .string($0))] } ?? []))
    case .setRoles(let name, let roles, let groups):
      return call(
        "PUT", ["users", name, "roles"],
        [.init("roles", list(roles))] + (groups.map { [.init("groups", list($0))] } ?? []))
    case .setDisabled(let name, let isDisabled):
      return call("PUT", ["users", name, "disabled"], [.init("disabled", .bool(isDisabled))])
    case .tokens: return call("GET", ["tokens"])
    case .newToken(let name, let scopes, let lifetime):
      return call(
        "POST", ["tokens"],
        [.init("name", .string(name)), .init("scopes", list(scopes)), .init("for", .string(lifetime))])
    case .revokeToken(let name): return call("DELETE", ["tokens", name])
    }
  }

  private func call(_ method: String, _ path: [String], _ body: [FieldValue.Member]? = nil) -> OperatorRequest.Call {
    OperatorRequest.Call(method: method, path: OperatorRequest.root + path, body: body)
  }

  private func list(_ texts: [String]) -> FieldValue { .array(texts.map { .string($0) }) }
}

extension AccessRequest {
  static func addUser(_ members: RequestMembers) throws(CommandFailure) -> AccessRequest {
    var members = members
    let request = AccessRequest.addUser(
      try members.text("name"), roles: try members.list("roles") ?? [], groups: try members.list("groups") ?? [],
      password: try members.optionalText("password"))
    try members.end()
    return request
  }

  static func setPassword(_ name: String, _ members: RequestMembers) throws(CommandFailure) -> AccessRequest {
    var members = members
    let request = AccessRequest.setPassword(
      name, password: try members.text("password"), former: try members.optionalText("former"))
    try members.end()
    return request
  }

  static func setRoles(_ name: String, _ members: RequestMembers) throws(CommandFailure) -> AccessRequest {
    var members = members
    guard let roles = try members.list("roles") else {
      throw CommandFailure(.usage, "the member roles is missing.")
    }
    let request = AccessRequest.setRoles(name, roles: roles, groups: try members.list("groups"))
    try members.end()
    return request
  }

  static func setDisabled(_ name: String, _ members: RequestMembers) throws(CommandFailure) -> AccessRequest {
    var members = members
    guard let isDisabled = try members.optionalFlag("disabled") else {
      throw CommandFailure(.usage, "the member disabled is missing.")
    }
    try members.end()
    return .setDisabled(name, isDisabled)
  }

  static func newToken(_ members: RequestMembers) throws(CommandFailure) -> AccessRequest {
    var members = members
    let request = AccessRequest.newToken(
      try members.text("name"), scopes: try members.list("scopes") ?? [], lifetime: try members.text("for"))
    try members.end()
    return request
  }
}
