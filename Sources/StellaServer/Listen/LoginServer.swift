import Glibc
import Hummingbird
import NIOCore
import NIOSSL
import StellaModel

/// HTTP for people and programs of other machines, all of whom have to say who they are.
package struct LoginServer: Sendable {
  private static let connectionLimit = 4096

  /// How the server is reached.
  package struct Place: Sendable {
    package var host: String
    /// 0 takes a free one.
    package var port: Int
    /// PEM files of the certificate with its chain, and of its key.
    package var certificate: String?
    package var key: String?
    /// Whether a proxy stands before it that browsers reach over TLS, and that tells where requests come from.
    package var isBehindProxy: Bool

    package init(host: String, port: Int, certificate: String?, key: String?, isBehindProxy: Bool) {
      self.host = host
      self.port = port
      self.certificate = certificate
      self.key = key
      self.isBehindProxy = isBehindProxy
    }
  }

  private let listener: HTTPListener
  private let logins: RequestWork
  private let identities: RequestWork
  private let place: Place

  /// Where it is reached from this machine.
  package var address: String {
    let host = place.host.contains(":") ? "[\(place.host)]" : place.host
    return "\(place.certificate == nil ? "http" : "https")://\(host):\(listener.port ?? 0)"
  }

  /// Binds the address and begins to serve.
  ///
  /// - Parameters:
  ///   - places: what one other machine may have of the connections, unless that is the proxy that all come through.
  ///   - intake: nil where no events are taken.
  ///   - health: told without its details.
  ///   - browser: what pages of declared sites may send; nil where none is declared.
  ///   - patience: for a request to be there whole, or an answer to be taken.
  /// - Throws: ``CommandFailure`` when the address can't be bound or the certificate not be used; nothing runs then.
  package init(
    _ place: Place, places: ConnectionPlaces, authority: any AccessAuthority,
    operators: OperatorRoutes<AccessContext>, intake: IntakeRoutes?,
    health: @escaping @Sendable () async -> Health, readers: [any ReadRoutes] = [],
    browser: BrowserRoutes.Settings? = nil, patience: TimeAmount = .seconds(30)
  ) async throws {
    let tls = try place.certificate.map { certificate throws(CommandFailure) in
      try ServerCertificate.configuration(certificate: certificate, key: place.key ?? certificate)
    }
    let logins = RequestWork(threads: 2, waiting: 6)
    let identities = RequestWork(threads: 2, waiting: 510)
    let router = Self.router(
      place, authority: authority, operators: operators, intake: intake, health: health, readers: readers,
      browser: browser, logins: logins, identities: identities)
    do {
      listener = try await HTTPListener(
        .hostname(place.host, port: place.port), router: router, connections: Self.connectionLimit,
        places: place.isBehindProxy ? nil : places, patience: patience, tls: tls)
    } catch {
      await logins.end()
      await identities.end()
      guard let error = error as? IOError else { throw error }
      throw CommandFailure(
        .failure,
        "\(place.host):\(place.port) can't be listened at: \(String(cString: strerror(error.errnoCode))). Name another "
          + "address under `server:` in stella.yaml.")
    }
    (self.place, self.logins, self.identities) = (place, logins, identities)
  }

  static func router(
    _ place: Place, authority: any AccessAuthority, operators: OperatorRoutes<AccessContext>, intake: IntakeRoutes?,
    health: @escaping @Sendable () async -> Health, readers: [any ReadRoutes],
    browser: BrowserRoutes.Settings? = nil, logins: RequestWork, identities: RequestWork
  ) -> Router<AccessContext> {
    let cookie = AccessCookie(isSecure: place.certificate != nil || place.isBehindProxy)
    let router = Router(context: AccessContext.self)
    router.add(middleware: SecurityHeaders(isTLS: place.certificate != nil))
    if let intake { router.add(middleware: IntakeCount(intake)) }
    router.add(
      middleware: AccessGate(
        authority: authority, work: identities, cookie: cookie, isBehindProxy: place.isBehindProxy))
    HealthRoutes { await health().forStrangers }.add(to: router)
    let attempts = LoginGuard()
    SessionRoutes(
      authority: authority, work: logins, attempts: attempts, cookie: cookie, isBehindProxy: place.isBehindProxy
    ).add(to: router.group("api/v1"))
    var operators = operators
    operators.passwordAttempt = { name, request, context in
      guard let identity = context.identity, case .session = identity.caller, identity.person == name else {
        return nil
      }
      return PasswordAttempt(
        work: logins, attempts: attempts, authority: authority, name: name,
        address: AccessGate.address(request, context, isBehindProxy: place.isBehindProxy))
    }
    operators.add(to: router)
    intake?.add(to: router.group().add(middleware: EventsGate()))
    intake?.addWebhooks(to: router)
    DashboardRoutes().add(to: router)
    if let intake, let browser {
      BrowserRoutes(browser, intake: intake).add(to: router) { request, context in
        AccessGate.address(request, context, isBehindProxy: place.isBehindProxy)
      }
    }
    let gated = router.group().add(middleware: ReadGate())
    for routes in readers { routes.add(to: gated) }
    return router
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async {
    await listener.end()
    await logins.end()
    await identities.end()
  }
}
