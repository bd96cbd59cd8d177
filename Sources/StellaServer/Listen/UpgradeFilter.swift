import NIOCore
import NIOHTTP1

/// Lets only those requests ask for an upgrade that a route has accepted. NIO's upgrade handler has no answer for a request that asks and
/// is refused; without the field it is a request like every other, and the route says why.
///
/// Stands before that handler, for the first request of a connection.
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private enum State {
    /// The first request hasn't begun.
    case first
    /// A route is being asked; what came meanwhile waits.
    case asking
    case over
  }

  private let accepts: @Sendable (HTTPRequestHead) async -> Bool
  private var state = State.first
  private var waiting: [NIOAny] = []
  private var isInputClosed = false

  /// - Parameter accepts: whether a route takes the request as a WebSocket.
  init(_ accepts: @escaping @Sendable (HTTPRequestHead) async -> Bool) { self.accepts = accepts }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .over: context.fireChannelRead(data)
    case .asking: waiting.append(data)
    case .first:
      guard case .head(let head) = unwrapInboundIn(data), head.headers.contains(name: "upgrade") else {
        state = .over
        return context.fireChannelRead(data)
      }
      guard Self.isHandshake(head) else { return pass(head, isAccepted: false, context) }
      state = .asking
      let promise = context.eventLoop.makePromise(of: Bool.self)
      let accepts = accepts
      promise.completeWithTask { await accepts(head) }
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      promise.futureResult.whenComplete { result in
        let (filter, context) = bound.value
        filter.pass(head, isAccepted: (try? result.get()) ?? false, context)
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Told before the request, it would end the connection without an answer.
    if state == .asking, let event = event as? ChannelEvent, event == .inputClosed {
      isInputClosed = true
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  private func pass(_ head: HTTPRequestHead, isAccepted: Bool, _ context: ChannelHandlerContext) {
    state = .over
    var head = head
    if !isAccepted { head.headers.remove(name: "upgrade") }
    context.fireChannelRead(wrapInboundOut(.head(head)))
    let parts = waiting
    waiting = []
    for part in parts { context.fireChannelRead(part) }
    if !parts.isEmpty { context.fireChannelReadComplete() }
    if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
  }

  /// What NIO takes for one (RFC 6455, section 4.2.1), without a body.
  private static func isHandshake(_ head: HTTPRequestHead) -> Bool {
    head.method == .GET && head.version == .http1_1
      && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
      && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
      && head.headers[canonicalForm: "sec-websocket-key"].count == 1
      && head.headers[canonicalForm: "sec-websocket-version"] == ["13"]
      && !head.headers.contains(name: "content-length") && !head.headers.contains(name: "transfer-encoding")
  }
}
