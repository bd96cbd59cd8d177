import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import StellaModel

/// A request of which nobody knows who sent it.
package typealias LoopbackContext = BasicRequestContext

/// HTTP for the programs of this machine: nobody has to say who they are, and nobody can decide anything.
package struct LoopbackServer: Sendable {
  private static let connectionLimit = 4096

  private let listener: HTTPListener
  /// As it is written in an address.
  package let host: String
  package var port: Int { listener.port ?? 0 }

  /// Binds the address and begins to serve.
  ///
  /// - Parameters:
  ///   - host: `127.0.0.1`, `::1` or `localhost`.
  ///   - port: 0 takes a free one.
  ///   - patience: for a request to be there whole, or an answer to be taken.
  /// - Throws: ``CommandFailure`` `failure` when it can't be bound; nothing runs then.
  package init(
    host: String, port: Int, intake: IntakeRoutes, health: HealthRoutes,
    stream: StreamRoutes<LoopbackContext>? = nil, metrics: MetricsRoutes? = nil, patience: TimeAmount = .seconds(30)
  ) async throws {
    precondition(["127.0.0.1", "::1", "localhost"].contains(host), "without a login only this machine is served")
    let router = Router()
    router.add(middleware: LocalPagesOnly())
    intake.add(to: router)
    health.add(to: router)
    stream?.add(to: router)
    metrics?.add(to: router)
    self.host = host.contains(":") ? "[\(host)]" : host
    do {
      listener = try await HTTPListener(
        .hostname(host, port: port), router: router, connections: Self.connectionLimit, patience: patience)
    } catch let error as IOError {
      throw CommandFailure(
        .failure,
        "\(self.host):\(port) can't be listened at: \(String(cString: strerror(error.errnoCode))). Name another port under "
          + "`server:` in stella.yaml.")
    }
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async { await listener.end() }
}

/// Refuses what a browser sends here for a page of another site: such a page can reach this machine's addresses, also under a name
/// of its own that leads here.
struct LocalPagesOnly<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, Self.isLocal(authority) else {
      return Problem(
        CommandFailure(
          .notPermitted, "the request is for \(request.head.authority ?? "nobody"). Only localhost is served here."),
        status: .misdirectedRequest
      ).response
    }
    let origin = request.headers[.origin]
    let isForeign = origin.map { $0 != "http://\(authority)" } ?? false
    if isForeign || ["cross-site", "same-site"].contains(request.headers[Self.fetchSite]) {
      return Problem(
        CommandFailure(.notPermitted, "a page of \(origin ?? "another site") may not send this.")
      ).response
    }
    return try await next(request, context)
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
