import Hummingbird
import StellaModel

/// How the system is, was, and what its analysis has found:
///
///     GET    /system      GET /system/history?since=…&until=…&status=…&score_below=…&limit=…
///     GET    /findings?since=…&status=open|acknowledged|closed&severity=…&score_below=…&limit=…
///     POST   /findings/ID/acknowledge {"reason"}
extension OperatorRoutes {
  func addHealth(to routes: RouterGroup<Context>) {
    routes.get("system") { try await plain($0, $1) { _ in .health(.system) } }
    routes.get("system/history") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in .health(try .history(request.query())) }
    }
    routes.get("findings") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in
        .health(try .findings(request.query(several: ["status"])))
      }
    }
    routes.post("findings/:id/acknowledge") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { body throws(CommandFailure) in
        .health(.acknowledge(id, reason: try Self.reason(body)))
      }
    }
  }
}
