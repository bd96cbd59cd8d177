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
  /// What files this process makes meanwhile is for its user alone, too: the mode of a socket can't be set any other way
  /// before somebody connects.
  ///
  /// - Parameters:
  ///   - path: 107 bytes at most, in a directory that only this process has to do with.
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
    let mask = umask(0o177)
    defer { umask(mask) }
    running = Task {
      defer { bindings.finish() }
      try await group.run()
    }
    if await bound.first(where: { true }) == nil {
      try await running.value
      throw CancellationError()
    }
  }

  /// Answers what has been asked, and takes nothing more.
  package func end() async {
    await group.triggerGracefulShutdown()
    _ = try? await running.value
  }
}
