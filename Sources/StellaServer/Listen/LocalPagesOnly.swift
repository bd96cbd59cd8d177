import HTTPTypes
import Hummingbird
import StellaModel

/// Refuses what a browser sends here for a page of another site: such a page can reach this machine's addresses, also under a name
/// of its own that leads here.
struct LocalPagesOnly<Context: RequestContext>: RouterMiddleware {
  /// Whether declared sites may send what they measure.
  var isOpenToSites = false

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let refusal = refusal(of: request) else { return try await next(request, context) }
    // A body would stand where the next answer of the connection begins.
    return request.method == .head ? refusal.response.createHeadResponse() : refusal.response
  }

  private func refusal(of request: Request) -> Problem? {
    guard let authority = request.head.authority, Self.isLocal(authority) else {
      return Problem(
        CommandFailure(
          .notPermitted, "the request is for \(request.head.authority ?? "nobody"). Only localhost is served here."),
        status: .misdirectedRequest)
    }
    if isOpenToSites, BrowserRoutes.isOpen(request.method, request.uri.path) { return nil }
    let origin = request.headers[.origin]
    let isForeign = origin.map { $0 != "http://\(authority)" } ?? false
    guard isForeign || ["cross-site", "same-site"].contains(request.headers[Self.fetchSite]) else { return nil }
    return Problem(CommandFailure(.notPermitted, "a page of \(origin ?? "another site") may not send this."))
  }

  private static var fetchSite: HTTPField.Name {
    guard let name = HTTPField.Name("Sec-Fetch-Site") else { preconditionFailure("a valid field name") }
    return name
  }

  /// Whether a `Host` names this machine, whatever the port.
  static func isLocal(_ authority: String) -> Bool {
    let host: Substring
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = authority[...end]
    } else {
      host = authority.prefix { $0 != ":" }
    }
    return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
  }
}
