import NIOCore
import NIOWebSocket
import StellaModel

/// Why a WebSocket ends, as its client is told.
struct SocketClosing: Sendable {
  /// For the last frame to be taken and answered.
  private static let patience: Duration = .seconds(5)
  /// A control frame holds 125 bytes (RFC 6455, section 5.5), two of them the code.
  private static let reasonBytes = 123

  let code: WebSocketErrorCode
  let reason: String

  static let done = SocketClosing(code: .normalClosure, reason: "")
  static let ending = SocketClosing(code: .goingAway, reason: "the server ends")
  static let over = SocketClosing(code: .policyViolation, reason: "the session or token is over: log in again")
  static let slow = SocketClosing(
    code: tryAgainLater, reason: "too little was taken; come back with the last id, or ask for less")
  static let silent = SocketClosing(code: .policyViolation, reason: "pings were not answered")
  static let binary = SocketClosing(code: .unacceptableData, reason: "a filter is a text with a JSON object")

  /// Of IANA's registry of WebSocket codes.
  private static let tryAgainLater = WebSocketErrorCode.unknown(1013)

  private init(code: WebSocketErrorCode, reason: String) { (self.code, self.reason) = (code, reason) }

  /// Why a filter isn't taken.
  init(_ failure: CommandFailure) {
    self.init(code: failure.status == .failure ? Self.tryAgainLater : .policyViolation, reason: failure.message)
  }

  /// Why a client's frames make no message.
  init(_ error: NIOWebSocketFrameAggregator.Error) {
    switch error {
    case .tooManyFragments, .accumulatedFrameSizeIsTooLarge:
      self.init(code: .messageTooLarge, reason: "a filter has at most \(UpgradableChannel.messageBytes) bytes")
    default: self.init(code: .protocolError, reason: "this is no sequence of frames")
    }
  }

  /// Says it, past whatever waits to be taken, and waits a little for the client to take it and to say no more.
  func say(on channel: any Channel, until silence: AsyncStream<Void>) async {
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    data.writeString(TextEscaping.oneLine(reason, limit: Self.reasonBytes).bounded(to: Self.reasonBytes))
    let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        guard (try? await channel.writeAndFlush(frame).get()) != nil else { return }
        for await _ in silence {}
      }
      group.addTask { try? await Task.sleep(for: Self.patience) }
      await group.next()
      // Also what is still being written.
      channel.close(promise: nil)
      group.cancelAll()
    }
  }
}

extension String {
  /// As many of the first characters as fit.
  fileprivate func bounded(to bytes: Int) -> String {
    var text = self
    while text.utf8.count > bytes { text.removeLast() }
    return text
  }
}
