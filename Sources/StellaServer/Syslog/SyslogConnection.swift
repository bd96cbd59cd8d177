import NIOCore
import NIOTLS
import StellaModel

/// Reads the messages of one connection. Nothing more is read until those before are durable, so that a sender that is too fast is
/// held up by TCP.
final class SyslogConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// For TLS to come about.
  private static let handshake: TimeAmount = .seconds(10)
  private static let interval: TimeAmount = .seconds(1)

  private let intake: SyslogIntake
  private let settings: SyslogSettings
  private let peer: String
  private var framing: SyslogFraming
  private var messages = ReceivedMessages()
  private var isTaking = false
  private var isSecure: Bool
  private var opened = NIODeadline.now()
  private var lastBytes = NIODeadline.now()
  /// The message that isn't whole, and since when.
  private var open: (number: Int, since: NIODeadline)?
  private var watch: RepeatedTask?

  /// - Parameter isPlain: whether there is no TLS to wait for.
  init(_ intake: SyslogIntake, _ settings: SyslogSettings, peer: String, isPlain: Bool) {
    (self.intake, self.settings, self.peer, isSecure) = (intake, settings, peer, isPlain)
    framing = SyslogFraming(limit: settings.messageBytes)
  }

  func channelActive(context: ChannelHandlerContext) {
    (opened, lastBytes) = (.now(), .now())
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    watch = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
      let (connection, context) = bound.value
      connection.look(context)
    }
    context.fireChannelActive()
    context.read()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { isSecure = true }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lastBytes = .now()
    unwrapInboundIn(data).withUnsafeReadableBytes { bytes in framing.take(bytes, add) }
    if !framing.isInside {
      open = nil
    } else if open?.number != framing.begun {
      open = (framing.begun, .now())
    }
  }

  private func add(_ message: ArraySlice<UInt8>, _ isTruncated: Bool) {
    messages.append(message, from: peer)
    if isTruncated { intake.count { $0.truncated += 1 } }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if messages.isEmpty { context.read() } else { hand(on: context) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    watch?.cancel()
    framing.finish(add)
    hand(on: context)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !isSecure { intake.count { $0.failedHandshakes += 1 } }
    isSecure = true
    context.close(promise: nil)
  }

  private func hand(on context: ChannelHandlerContext) {
    if isTaking || messages.isEmpty { return }
    isTaking = true
    let taken = messages
    messages = ReceivedMessages()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.makeFutureWithTask { [intake] in await intake.take(taken) }.whenComplete { _ in
      let (connection, context) = bound.value
      connection.isTaking = false
      connection.lastBytes = .now()
      if !connection.messages.isEmpty {
        connection.hand(on: context)
      } else if context.channel.isActive {
        context.read()
      }
    }
  }

  private func look(_ context: ChannelHandlerContext) {
    // It waits for us then.
    if isTaking { return }
    let now = NIODeadline.now()
    if !isSecure {
      guard now - opened > Self.handshake else { return }
      intake.count { $0.failedHandshakes += 1 }
      isSecure = true
    } else if let open, now - open.since > .nanoseconds(settings.patience.wholeNanoseconds) {
      intake.count { $0.slowConnections += 1 }
    } else if now - lastBytes > .nanoseconds(settings.idle.wholeNanoseconds) {
      intake.count { $0.idleConnections += 1 }
    } else {
      return
    }
    watch?.cancel()
    context.close(promise: nil)
  }
}

extension Duration {
  var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
