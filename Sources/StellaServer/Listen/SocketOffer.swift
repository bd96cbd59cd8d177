import NIOCore
import NIOWebSocket
import Synchronization

/// What a route that is asked for a WebSocket takes, in the place of an answer: it goes through the same gates as every other
/// request, and answers 101.
final class SocketOffer: Sendable {
  typealias Socket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

  /// Nil while a request can't become a WebSocket.
  @TaskLocal static var current: SocketOffer?
  /// Of the routes that may accept; no other is asked twice.
  static let paths: Set<String> = ["/api/v1/ws", "/telemetry/ws"]

  private let conversation = Mutex<(@Sendable (Socket) async -> Void)?>(nil)

  /// - Parameter conversation: what is said over the socket, until it ends.
  func accept(_ conversation: @escaping @Sendable (Socket) async -> Void) {
    self.conversation.withLock { $0 = conversation }
  }

  func run(_ socket: Socket) async { await conversation.withLock { $0.take() }?(socket) }
}
