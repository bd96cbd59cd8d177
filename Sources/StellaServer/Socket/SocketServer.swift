import Glibc
import Hummingbird
import NIOCore

/// HTTP on a Unix socket that only the user of this process (and root) can connect to.
package struct SocketServer: Sendable {
  private static let connectionLimit = 64

  private let listener: HTTPListener

  /// Binds the socket, in the place of one that is there, and begins to serve.
  ///
  /// Its mode is set once it is bound, so that it is the directory that keeps others from it until then: the mode that new
  /// files get belongs to all threads of the process.
  ///
  /// - Parameters:
  ///   - path: 107 bytes at most, in a directory that only this user can enter.
  ///   - patience: for a request to be there whole, or an answer to be taken.
  /// - Throws: when it can't be bound; nothing runs then.
  package init(
    path: String, runs: OperatorRoutes<PeerRequestContext>, health: HealthRoutes,
    readers: [any ReadRoutes] = [], patience: TimeAmount = .seconds(10)
  ) async throws {
    let router = Router(context: PeerRequestContext.self)
    runs.add(to: router)
    health.add(to: router)
    for routes in readers { routes.add(to: router) }
    listener = try await HTTPListener(
      .unixDomainSocket(path: path), router: router, connections: Self.connectionLimit, patience: patience)
    guard chmod(path, 0o600) == 0 else {
      let code = errno
      await end()
      throw IOError(errnoCode: code, reason: "the mode of \(path) can't be set")
    }
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async { await listener.end() }
}
