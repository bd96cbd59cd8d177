import Hummingbird
import StellaModel

/// What a server knows: its rules and fixes, what keeps alerts back, and the execution log:
///
///     GET    /rules       GET /rules/ID       POST /rules/reload {}
///     GET    /fixes       GET /fixes/ID       POST /fixes/ID/plan {"params":{…},"propose"}       GET /mutes
///     GET    /log?after=…&before=…&limit=…&run=…       GET /log/NUMBER         GET /log/status
extension OperatorRoutes {
  func addKnowledge(to routes: RouterGroup<Context>) {
    routes.get("rules") { try await plain($0, $1) { _ in .rules(.list) } }
    routes.get("rules/:id") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { _ in .rules(.show(id)) }
    }
    routes.post("rules/reload") {
      try await plain($0, $1) { body throws(CommandFailure) in
        try body.end()
        return .rules(.reload)
      }
    }
    routes.get("fixes") { try await plain($0, $1) { _ in .fixes(.list) } }
    routes.get("fixes/:id") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { _ in .fixes(.show(id)) }
    }
    routes.post("fixes/:id/plan") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { body throws(CommandFailure) in .fixes(try .plan(id, body)) }
    }
    routes.get("mutes") { try await plain($0, $1) { _ in .mutes } }
    routes.get("log") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in .log(.records(try .init(request.query()))) }
    }
    routes.get("log/status") { try await plain($0, $1) { _ in .log(.status) } }
    routes.get("log/:number") { request, context in
      let number = try Self.part("number", context)
      return try await plain(request, context) { _ throws(CommandFailure) in
        .log(.record(try OperatorRequest.number(number, "record")))
      }
    }
  }
}
