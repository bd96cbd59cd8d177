import Hummingbird
import StellaModel

/// Who may come in:
///
///     GET    /users       POST /users {"name","roles":[…],"groups":[…],"password"}
///     PUT    /users/NAME/password {"password","former"}   /roles {"roles","groups"}   /disabled {"disabled"}
///     GET    /tokens      POST /tokens {"name","scopes":[…],"for":"90d"}              DELETE /tokens/NAME
extension OperatorRoutes {
  func addAccess(to routes: RouterGroup<Context>) {
    routes.get("users") { try await plain($0, $1) { _ in .access(.users) } }
    routes.post("users") {
      try await plain($0, $1) { body throws(CommandFailure) in .access(try .addUser(body)) }
    }
    routes.put("users/:name/password") { request, context in
      let name = try Self.part("name", context)
      let attempt = passwordAttempt?(name, request, context)
      return try await plain(request, context, as: attempt) { body throws(CommandFailure) in
        .access(try .setPassword(name, body))
      }
    }
    routes.put("users/:name/roles") { request, context in
      let name = try Self.part("name", context)
      return try await plain(request, context) { body throws(CommandFailure) in .access(try .setRoles(name, body)) }
    }
    routes.put("users/:name/disabled") { request, context in
      let name = try Self.part("name", context)
      return try await plain(request, context) { body throws(CommandFailure) in
        .access(try .setDisabled(name, body))
      }
    }
    routes.get("tokens") { try await plain($0, $1) { _ in .access(.tokens) } }
    routes.post("tokens") {
      try await plain($0, $1) { body throws(CommandFailure) in .access(try .newToken(body)) }
    }
    routes.delete("tokens/:name") { request, context in
      let name = try Self.part("name", context)
      return try await plain(request, context) { _ in .access(.revokeToken(name)) }
    }
  }
}
