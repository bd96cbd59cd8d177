import Hummingbird
import StellaModel

/// What people are told:
///
///     GET    /notifications?state=waiting|sent|failed&limit=…        POST /notifications/ID/retry
extension OperatorRoutes {
  func addNotifications(to routes: RouterGroup<Context>) {
    routes.get("notifications") {
      try await answer($0, $1) { request, _ throws(CommandFailure) in
        .notifications(try .list(request.query()))
      }
    }
    routes.post("notifications/:id/retry") { request, context in
      let id = try Self.part("id", context)
      return try await plain(request, context) { body throws(CommandFailure) in
        try body.end()
        return .notifications(.retry(id))
      }
    }
  }
}
