import NIOCore
import NIOHTTP1
import StellaModel

/// Lets only those requests ask for an upgrade that a route has accepted, which the first of a connection may be. NIO's upgrade handler
/// has no answer for a request that asks and is refused; without the field it is a request like every other, and the route says why.
///
/// NIO's decoder reads nothing more behind a request that asks for an upgrade. So the answer to one that was refused ends the connection,
/// and says so: else the client's next request would wait for nothing.
///
/// Stands before that handler.
final class UpgradeFilter: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let accepts: @Sendable (HTTPRequestHead) async -> Bool
  private var requests = 0
  private var answers = 0
  /// The number of the request that was refused.
  private var last: Int?
  /// What came while a route is being asked; nil while none is.
  private var waiting: [NIOAny]?
  private var isInputClosed = false

  /// - Parameter accepts: whether a route takes the request as a WebSocket.
  init(_ accepts: @escaping @Sendable (HTTPRequestHead) async -> Bool) { self.accepts = accepts }

  // MARK: - Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if waiting != nil {
      waiting?.append(data)
      return
    }
    guard case .head(let head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    requests += 1
    guard head.headers.contains(name: "upgrade") else { return context.fireChannelRead(data) }
    guard requests == 1, Self.isHandshake(head) else { return pass(head, isAccepted: false, context) }
    waiting = []
    let promise = context.eventLoop.makePromise(of: Bool.self)
    let accepts = accepts
    promise.completeWithTask { await accepts(head) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    promise.futureResult.whenComplete { result in
      let (filter, context) = bound.value
      filter.pass(head, isAccepted: (try? result.get()) ?? false, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Told before the request, it would end the connection without an answer.
    if waiting != nil, let event = event as? ChannelEvent, event == .inputClosed {
      isInputClosed = true
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  private func pass(_ head: HTTPRequestHead, isAccepted: Bool, _ context: ChannelHandlerContext) {
    var head = head
    if !isAccepted {
      last = requests
      head.headers.remove(name: "upgrade")
      head.headers.replaceOrAdd(name: "connection", value: "close")
    }
    let parts = waiting ?? []
    waiting = nil
    context.fireChannelRead(wrapInboundOut(.head(head)))
    for part in parts { channelRead(context: context, data: part) }
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

  /// What is no request before the first one is known is answered here: nobody else is there yet.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError, requests == 0 || waiting != nil else {
      return context.fireErrorCaught(error)
    }
    let body = Self.problem(error).body
    let head = HTTPResponseHead(
      version: .http1_1, status: .badRequest,
      headers: [
        "connection": "close", "content-type": Problem.mediaType, "cache-control": "no-store",
        "content-length": String(body.readableBytes),
      ])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(mode: .output, promise: nil)
  }

  /// What came isn't repeated: it may be anything.
  private static func problem(_ error: HTTPParserError) -> Problem {
    let text =
      switch error {
      case .invalidMethod: "there is no such method. Use GET, HEAD, POST, PUT or DELETE."
      case .headerOverflow: "the head of the request is too large."
      case .invalidVersion: "this server speaks HTTP/1.1."
      default: "this is no request of HTTP/1.1."
      }
    return Problem(CommandFailure(.usage, text))
  }

  // MARK: - Answers

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .head(var head) = unwrapOutboundIn(data), head.status.code >= 200 else {
      return context.write(data, promise: promise)
    }
    answers += 1
    guard answers == last else { return context.write(data, promise: promise) }
    head.headers.replaceOrAdd(name: "connection", value: "close")
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }
}
