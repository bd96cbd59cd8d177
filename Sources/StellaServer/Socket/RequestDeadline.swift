import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection that takes too long to send a whole request, to begin one, or to take an answer: a slow client must
/// not keep its place for ever. The time of the host's own work in between doesn't count, nor that between the parts of an answer
/// that goes on and on; each of them must be taken in time.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limit: TimeAmount
  private var timer: Scheduled<Void>?
  /// Requests that are there whole, and whose answers were not taken. One less while a request that was answered before it was
  /// there whole is not yet.
  private var unanswered = 0
  /// Answers that were begun and not taken yet. While there are some, the timer is theirs, whatever requests come meanwhile.
  private var answers = 0
  /// Parts of an answer without an end that were written and not taken yet; nil of other answers.
  private var untaken: Int?

  init(_ limit: TimeAmount) { self.limit = limit }

  private func start(_ context: ChannelHandlerContext) {
    timer?.cancel()
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
  }

  private func stop() {
    timer?.cancel()
    timer = nil
  }

  func handlerAdded(context: ChannelHandlerContext) { start(context) }

  func handlerRemoved(context: ChannelHandlerContext) { stop() }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: if answers == 0, unanswered == 0 { start(context) }
    case .body: break
    case .end:
      unanswered += 1
      if answers == 0 { wait(context) }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head) where head.status.kind == .informational: context.write(data, promise: promise)
    case .head(let head):
      answers += 1
      untaken = Self.isEndless(head) ? 0 : nil
      if untaken == nil { start(context) } else { stop() }
      context.write(data, promise: promise)
    case .body:
      guard let untaken else { return context.write(data, promise: promise) }
      if untaken == 0 { start(context) }
      self.untaken = untaken + 1
      let written = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      written.futureResult.whenSuccess { bound.value.taken() }
      context.write(data, promise: written)
    case .end:
      untaken = nil
      let written = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      written.futureResult.whenSuccess { bound.value.0.answered(bound.value.1) }
      context.write(data, promise: written)
    }
  }

  private static func isEndless(_ head: HTTPResponse) -> Bool {
    let type = head.headerFields[.contentType] ?? ""
    return type.hasPrefix("text/event-stream")
      || (type == "application/x-ndjson" || type.hasPrefix("text/csv")) && head.headerFields[.contentLength] == nil
  }

  private func taken() {
    guard let left = untaken else { return }
    untaken = left - 1
    if left == 1 { stop() }
  }

  private func answered(_ context: ChannelHandlerContext) {
    unanswered -= 1
    answers -= 1
    if answers == 0 { wait(context) }
  }

  /// For the host while it has a whole request; else for what is missing of one, or for the next.
  private func wait(_ context: ChannelHandlerContext) {
    if unanswered > 0 { stop() } else { start(context) }
  }
}
