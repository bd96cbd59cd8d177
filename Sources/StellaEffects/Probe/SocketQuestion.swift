import NIOCore
import NIOPosix
import StellaModel
import Synchronization

/// A connection over which one thing is said, and the beginning of what comes back.
enum SocketQuestion {
  enum Failure: Error {
    case timeout
    case closed
  }

  private static let answerBytes = 64 << 10

  /// - Parameters:
  ///   - bytes: what is sent; when empty, the connection alone is the answer.
  ///   - isWhole: whether the answer so far is all there is to wait for.
  static func ask(
    _ endpoint: ProbeSettings.Endpoint, _ bytes: [UInt8], _ timeout: Duration,
    isWhole: @escaping @Sendable ([UInt8]) -> Bool
  ) async throws -> [UInt8] {
    let time = TimeAmount.nanoseconds(timeout.nanoseconds)
    let deadline = NIODeadline.now() + time
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(time)
      .connect(host: endpoint.host, port: endpoint.port).get()
    if bytes.isEmpty {
      try? await channel.close()
      return []
    }
    let answer = channel.eventLoop.makePromise(of: [UInt8].self)
    let limit = channel.eventLoop.scheduleTask(deadline: deadline) { answer.fail(Failure.timeout) }
    defer {
      limit.cancel()
      channel.close(promise: nil)
    }
    do {
      try await channel.pipeline.addHandler(Listener(answer, isWhole))
      try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    } catch {
      answer.fail(error)
    }
    return try await answer.futureResult.get()
  }

  private final class Listener: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<[UInt8]>
    private let isWhole: @Sendable ([UInt8]) -> Bool
    private let bytes = Mutex<[UInt8]>([])

    init(_ answer: EventLoopPromise<[UInt8]>, _ isWhole: @escaping @Sendable ([UInt8]) -> Bool) {
      (self.answer, self.isWhole) = (answer, isWhole)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let all = bytes.withLock { bytes in
        bytes += unwrapInboundIn(data).readableBytesView
        return bytes
      }
      if isWhole(all) || all.count > SocketQuestion.answerBytes { answer.succeed(all) }
    }

    func channelInactive(context: ChannelHandlerContext) { answer.fail(Failure.closed) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { answer.fail(error) }
  }
}
