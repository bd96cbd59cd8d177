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
  ///   - timeout: from the look-up of the name to the last byte.
  ///   - isWhole: whether the answer so far is all there is to wait for.
  static func ask(
    _ endpoint: ProbeSettings.Endpoint, _ bytes: [UInt8], _ timeout: Duration, names: NameLookup,
    isWhole: @escaping @Sendable ([UInt8]) -> Bool
  ) async throws -> [UInt8] {
    let time = TimeAmount.nanoseconds(timeout.nanoseconds)
    let deadline = NIODeadline.now() + time
    let addresses = try await names.addresses(of: endpoint.host, by: deadline)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: [UInt8].self)
    let limit = loop.scheduleTask(deadline: deadline) { answer.fail(Failure.timeout) }
    let connection = ClientBootstrap(group: loop)
      .connectTimeout(time)
      .resolver(NameLookup.resolver(addresses, endpoint.port, on: loop))
      .connect(host: endpoint.host, port: endpoint.port)
    connection.whenSuccess { channel in
      if bytes.isEmpty { return answer.succeed([]) }
      do {
        try channel.pipeline.syncOperations.addHandler(Listener(answer, isWhole))
      } catch {
        return answer.fail(error)
      }
      channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenFailure { answer.fail($0) }
    }
    connection.whenFailure { answer.fail($0) }
    answer.futureResult.whenComplete { _ in
      limit.cancel()
      connection.whenSuccess { $0.close(promise: nil) }
    }
    return try await withTaskCancellationHandler {
      try await answer.futureResult.get()
    } onCancel: {
      answer.fail(CancellationError())
    }
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
