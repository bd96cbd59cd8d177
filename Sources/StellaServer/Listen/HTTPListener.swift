import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// HTTP at one address, from when it is bound until ``end()``.
struct HTTPListener: Sendable {
  /// What requests that are being answered have when it ends.
  private static let farewell: Duration = .seconds(10)

  private let group: ServiceGroup
  private let running: Task<Void, any Error>
  /// The port that it is bound to; nil of a Unix socket.
  let port: Int?

  /// Binds the address and begins to serve.
  ///
  /// - Parameters:
  ///   - connections: at a time; others wait to be accepted.
  ///   - places: what one other machine may have, where more are closed at once; nil: as many as there are.
  ///   - patience: for a request to be there whole, with its handshake, or an answer to be taken.
  ///   - tls: nil for none.
  /// - Throws: when it can't be bound; nothing runs then.
  init<Context: RequestContext>(
    _ address: BindAddress, router: Router<Context>, connections: Int, places: ConnectionPlaces? = nil,
    patience: TimeAmount, tls: TLSConfiguration? = nil
  ) async throws where Context.Source == ApplicationRequestContextSource {
    let logger = Logger(label: "stella.server") { _ in SwiftLogNoOpLogHandler() }
    let (bound, bindings) = AsyncStream.makeStream(of: Int?.self)
    router.add(middleware: UnknownRoutes(router.routes))
    let routes = router.buildResponder()
    let plain = HTTPServerBuilder { responder in
      UpgradableChannel(
        responder: responder,
        offer: { head, channel in
          let offer = SocketOffer()
          let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
          let response = try? await SocketOffer.$current.withValue(offer) {
            try await routes.respond(to: request, context: Context(source: .init(channel: channel, logger: logger)))
          }
          return response?.status == .switchingProtocols ? offer : nil
        }, patience: patience, places: places)
    }
    let application = Application(
      responder: routes, server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
      configuration: .init(
        address: address, serverName: nil,
        availableConnectionsDelegate: .maximum(connections, logger: logger)),
      onServerRunning: { channel in bindings.yield(channel.localAddress?.port) }, logger: logger)
    var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
    configuration.maximumGracefulShutdownDuration = Self.farewell
    let group = ServiceGroup(configuration: configuration)
    self.group = group
    let running = Task {
      defer { bindings.finish() }
      try await group.run()
    }
    self.running = running
    guard let port = await bound.first(where: { _ in true }) else {
      try await running.value
      throw CancellationError()
    }
    self.port = port
  }

  /// Answers what has been asked, and takes nothing more.
  func end() async {
    await group.triggerGracefulShutdown()
    _ = try? await running.value
  }
}
