import HTTPTypes
import Hummingbird
import StellaModel

/// Answers what no route is for: 405 with `Allow` where other methods have one, else 404. Added behind all routes, so that it is
/// asked about nothing else, and within the gates: strangers aren't told what there is.
struct UnknownRoutes<Context: RequestContext>: RouterMiddleware {
  private let routes: [(path: RouterPath, methods: [String])]

  init(_ routes: [Router<Context>.RouteDescription]) {
    let paths = Dictionary(grouping: routes, by: \.path.description)
    self.routes = paths.values.map { ($0[0].path, $0.map(\.method.rawValue).sorted()) }
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let response = response(request.method, request.uri.path)
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func response(_ method: HTTPRequest.Method, _ path: String) -> Response {
    let shown = TextEscaping.oneLine(path, limit: 100)
    let allowed = methods(path)
    guard !allowed.isEmpty else {
      return Problem(
        // Not the status of what a command asks for and isn't there: no command of this version asks so.
        CommandFailure(
          .failure,
          "this server has no route \(shown); who asks may be of another version. GET /api/v1/openapi.json tells which ones there are."
        ), status: .notFound
      ).response
    }
    let asked = TextEscaping.oneLine(method.rawValue, limit: 20)
    var response = Problem(
      CommandFailure(.failure, "\(shown) doesn't take \(asked). Use \(allowed.joined(separator: " or "))."),
      status: .methodNotAllowed
    ).response
    response.headers[.allow] = allowed.joined(separator: ", ")
    return response
  }

  /// Of the route that the router takes a path for: a name counts more than what stands for any.
  private func methods(_ path: String) -> [String] {
    let parts = path.split(separator: "/")
    let matching = routes.filter { route in
      route.path.count == parts.count && zip(route.path, parts).allSatisfy { $0 ~= $1 }
    }
    func names(_ path: RouterPath) -> [Int] { zip(path, parts).map { $0 == $1 ? 0 : 1 } }
    return matching.min { names($0.path).lexicographicallyPrecedes(names($1.path)) }?.methods ?? []
  }
}
