import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import Synchronization

/// Connections of HTTP/1.1, of which the first request may make a WebSocket.
struct UpgradableChannel: ServerChildChannel, HTTPChannelHandler {
  enum Outcome: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case socket(SocketOffer.Socket, SocketOffer)
  }

  struct Connection: ServerChildChannelValue {
    let channel: any Channel
    let outcome: EventLoopFuture<Outcome>
  }

  /// Bytes of a client's message at most: it has little to say.
  static let messageBytes = 16 << 10

  let responder: HTTPChannelHandler.Responder
  /// Asks the routes whether a request may become a WebSocket.
  let offer: @Sendable (HTTPRequest, any Channel) async -> SocketOffer?
  /// For the first request to be there.
  let patience: TimeAmount
  /// Nil: an address may have all there are.
  let places: ConnectionPlaces?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      if let places, let key = ConnectionPlaces.key(channel.remoteAddress?.ipAddress) {
        if places.take(key) {
          channel.closeFuture.whenComplete { _ in places.give(key) }
        } else {
          try pipeline.addHandler(RefusedConnection(), position: .first)
        }
      }
      let deadline = FirstRequestDeadline(patience)
      try pipeline.addHandler(deadline)
      let held = Held()
      let filter = UpgradeFilter { [offer] head in
        guard let request = try? HTTPRequest(head, secure: false, splitCookie: false),
          SocketOffer.paths.contains(String((request.path ?? "").prefix { $0 != "?" })),
          let offer = await offer(request, channel)
        else { return false }
        held.offer.withLock { $0 = offer }
        return true
      }
      let bound = NIOLoopBound((deadline, filter), eventLoop: channel.eventLoop)
      let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
        upgraders: [
          NIOTypedWebSocketServerUpgrader<Outcome>(
            maxFrameSize: Self.messageBytes,
            shouldUpgrade: { channel, _ in
              channel.eventLoop.makeSucceededFuture(held.offer.withLock { $0 } == nil ? nil : HTTPHeaders())
            },
            upgradePipelineHandler: { channel, _ in
              channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                bound.value.0.end()
                // Bytes of frames are none of its parts.
                pipeline.removeHandler(bound.value.1, promise: nil)
                try pipeline.addHandler(
                  NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                    maxAccumulatedFrameSize: Self.messageBytes))
                let socket = try SocketOffer.Socket(wrappingChannelSynchronously: channel)
                return .socket(socket, held.offer.withLock { $0 } ?? SocketOffer())
              }
            })
        ],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            bound.value.0.end()
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(RequestDeadline(patience))
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: nil, logger: logger))
            return .http(
              try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
          }
        })
      var configuration = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade)
      // Requests that come together wait in the channel.
      configuration.enablePipelining = false
      configuration.enableResponseHeaderValidation = false
      // Who answers requests, or the filter before the first, answers what is none.
      configuration.enableErrorHandling = false
      configuration.decoderConfiguration.maxHeaderFieldSize = 16 << 10
      configuration.decoderConfiguration.maxHeaderListSize = 32 << 10
      configuration.decoderConfiguration.maxHeaderFieldCount = 100
      let outcome = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
      let upgrader = try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
      try pipeline.addHandler(filter, position: .before(upgrader))
      return Connection(channel: channel, outcome: outcome)
    }
  }

  func handle(value: Connection, logger: Logger) async {
    do {
      switch try await value.outcome.get() {
      case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
      case .socket(let socket, let offer): await offer.run(socket)
      }
    } catch {
      // It ended before its first request.
      try? await value.channel.close()
    }
  }

  private final class Held: Sendable {
    let offer = Mutex<SocketOffer?>(nil)
  }
}
