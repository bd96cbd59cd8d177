import HTTPTypes
import Hummingbird
import StellaIntake

/// Counts what requests that bring events are answered, whoever answers them: added before the gates, so that who is refused there
/// counts, too.
struct IntakeCount<Context: RequestContext>: RouterMiddleware {
  private let figures: IntakeFigures

  init(_ intake: IntakeRoutes) { figures = intake.figures }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard request.method == .post, let path = context.endpointPath, let route = IntakeFigures.Route.byPath[path] else {
      return try await next(request, context)
    }
    do {
      let response = try await next(request, context)
      figures.count(route, status: response.status.code)
      return response
    } catch {
      let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
      figures.count(route, status: status.code)
      throw error
    }
  }
}

extension IntakeFigures.Route {
  /// By the path of a route, as its router knows it: whatever else senders write into one, there are no more labels than these.
  fileprivate static let byPath: [String: Self] = {
    var routes = [RouterPath("\(IntakeRoutes.webhookPath)/:name").description: Self.webhook]
    for place in IntakeRoutes.Place.allCases { routes[place.path] = place.route }
    for kind in BrowserEvents.Kind.allCases {
      routes[RouterPath("\(BrowserRoutes.path)/\(kind.rawValue)").description] = .browser
    }
    return routes
  }()
}
