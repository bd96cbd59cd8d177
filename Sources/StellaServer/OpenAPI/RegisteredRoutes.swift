import Hummingbird
import StellaModel

/// The routes that a server has on which people log in, as its router knows them: what the OpenAPI document must tell of.
package enum RegisteredRoutes {
  package struct Name: Sendable, Hashable, CustomStringConvertible {
    package var method: String
    package var path: String

    package init(_ method: String, _ path: String) { (self.method, self.path) = (method, path) }

    package var description: String { "\(method) \(path)" }
  }

  /// - Parameter readers: those that the host gives its server.
  package static func all(readers: [any ReadRoutes]) async -> Set<Name> {
    let work = RequestWork(threads: 1, waiting: 0)
    let nothing: @Sendable () -> CommandFailure = { CommandFailure(.failure, "nothing is done here") }
    let router = LoginServer.router(
      LoginServer.Place(host: "localhost", port: 0, certificate: nil, key: nil, isBehindProxy: false),
      authority: Nobody(),
      operators: OperatorRoutes(work: work, caller: { _ in .local }) { _, _, _ throws(CommandFailure) in throw nothing()
      },
      intake: IntakeRoutes(limits: .init(bodyBytes: 1), time: NoTime(), timeNames: []) { _ in },
      health: { Health(phase: .starting) }, readers: readers, browser: BrowserRoutes.Settings(origins: []),
      logins: work, identities: work)
    let names = router.routes.map { Name($0.method.rawValue, OpenAPIDocument.template($0.path.description)) }
    await work.end()
    return Set(names)
  }

  private struct NoTime: TimeSource {
    func now() -> Int64 { 0 }
  }

  private struct Nobody: AccessAuthority {
    func identity(by secret: String, from address: String, isUse: Bool) throws(CommandFailure) -> Identity? { nil }
    func logIn(token: String, address: String) throws(CommandFailure) -> LoginGrant? { nil }
    func logIn(_ user: String, password: String, address: String) throws(CommandFailure) -> LoginGrant? { nil }
    func enrol(
      _ user: String, password: String, code: String, address: String
    ) throws(CommandFailure) -> LoginGrant? { nil }
    func logOut(_ identity: Identity) throws(CommandFailure) {}
    func noteWrongPassword(of user: String, address: String) {}
  }
}

extension OpenAPIDocument {
  /// The routes that it tells of, as ``RegisteredRoutes`` names them.
  package var routes: [RegisteredRoutes.Name] {
    areas.flatMap(\.routes).map { RegisteredRoutes.Name($0.method, Self.template($0.path)) }
  }
}
