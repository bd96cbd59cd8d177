import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// HTTP on a Unix socket that only the user of this process (and root) can connect to.
package struct SocketServer: Sendable {
  /// Connections at a time; others wait to be accepted.
  private static let connectionLimit = 64
  /// What requests that are being answered have when the server ends.
  private static let farewell: Duration = .seconds(10)

  private let group: ServiceGroup
  private let running: Task<Void, any Error>

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
    path: String, runs: OperatorRoutes<PeerRequestContext>, health: HealthRoutes, patience: TimeAmount = .seconds(10)
  ) async throws {
    let router = Router(context: PeerRequestContext.self)
    runs.add(to: router)
    health.add(to: router)
    let logger = Logger(label: "stella.server") { _ in SwiftLogNoOpLogHandler() }
    let (bound, bindings) = AsyncStream.makeStream(of: Void.self)
    let application = Application(
      router: router,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [RequestDeadline(patience)],
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
      configuration: .init(
        address: .unixDomainSocket(path: path), serverName: nil,
        availableConnectionsDelegate: .maximum(SocketServer.connectionLimit, logger: logger)),
      onServerRunning: { _ in bindings.yield() }, logger: logger)
    var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
    configuration.maximumGracefulShutdownDuration = SocketServer.farewell
    let group = ServiceGroup(configuration: configuration)
    self.group = group
    running = Task {
      defer { bindings.finish() }
      try await group.run()
    }
    if await bound.first(where: { true }) == nil {
      try await running.value
      throw CancellationError()
    }
    guard chmod(path, 0o600) == 0 else {
      let code = errno
      await end()
      throw IOError(errnoCode: code, reason: "the mode of \(path) can't be set")
    }
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async {
    await group.triggerGracefulShutdown()
    _ = try? await running.value
  }
}
