import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import StellaModel

/// HTTP for the programs of this machine: nobody has to say who they are, and nobody can decide or change anything.
package struct LoopbackServer: Sendable {
  /// Of its requests.
  package typealias Context = LoopbackContext

  private static let connectionLimit = 4096
  /// Why something isn't done here.
  package static let readOnly =
    "nobody logs in here, so that this is only for looking, and not at plans. Use the command line, or set `server: { login: true }` "
    + "in stella.yaml."

  private let listener: HTTPListener
  /// As it is written in an address.
  package let host: String
  package var port: Int { listener.port ?? 0 }

  /// Binds the address and begins to serve.
  ///
  /// - Parameters:
  ///   - host: `127.0.0.1`, `::1` or `localhost`.
  ///   - port: 0 takes a free one.
  ///   - operators: of which only what shows something is served; nil for none. Its caller is ``Caller/local``.
  ///   - health: told without its details.
  ///   - browser: what pages of declared sites may send; nil where none is declared.
  ///   - patience: for a request to be there whole, or an answer to be taken.
  /// - Throws: ``CommandFailure`` `failure` when it can't be bound; nothing runs then.
  package init(
    host: String, port: Int, intake: IntakeRoutes, operators: OperatorRoutes<Context>? = nil,
    health: @escaping @Sendable () async -> Health,
    readers: [any ReadRoutes] = [], browser: BrowserRoutes.Settings? = nil, patience: TimeAmount = .seconds(30)
  ) async throws {
    precondition(["127.0.0.1", "::1", "localhost"].contains(host), "without a login only this machine is served")
    let router = Self.router(
      intake: intake, operators: operators, health: health, readers: readers, browser: browser)
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

  static func router(
    intake: IntakeRoutes, operators: OperatorRoutes<Context>?,
    health: @escaping @Sendable () async -> Health, readers: [any ReadRoutes], browser: BrowserRoutes.Settings? = nil
  ) -> Router<Context> {
    let router = Router(context: Context.self)
    router.add(middleware: IntakeCount(intake))
    router.add(middleware: LocalPagesOnly(isOpenToSites: browser != nil))
    intake.add(to: router)
    intake.addWebhooks(to: router)
    operators?.add(to: router.group().add(middleware: LocalReadOnly()))
    HealthRoutes { await health().forStrangers }.add(to: router)
    DashboardRoutes().add(to: router)
    if let browser {
      BrowserRoutes(browser, intake: intake).add(to: router) { request, _ in
        // All of them come from this machine; a proxy here knows more.
        let field = browser.isBehindProxy ? request.headers[AnswerField.name("x-forwarded-for")] : nil
        return ClientAddress.forwarded(field) ?? "local"
      }
    }
    for routes in readers { routes.add(to: router) }
    return router
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async { await listener.end() }
}
