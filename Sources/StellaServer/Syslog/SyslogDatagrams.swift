import NIOCore
import StellaModel

/// Takes each datagram as a message (RFC 5426).
final class SyslogDatagrams: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let intake: SyslogIntake
  /// The last sender, whose text isn't made anew.
  private var last: (address: SocketAddress, peer: String, isAllowed: Bool)?

  init(_ intake: SyslogIntake) { self.intake = intake }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    if last?.address != envelope.remoteAddress {
      let peer = envelope.remoteAddress.peer
      last = (envelope.remoteAddress, peer, intake.isAllowed(peer))
    } else if last?.isAllowed == false {
      intake.count { $0.refusedSenders += 1 }
    }
    guard let last, last.isAllowed else { return }
    var message = envelope.data.readableBytesView
    while let end = message.last, end == 0x0a || end == 0x0d || end == 0 { message.removeLast() }
    if !message.isEmpty { intake.queue(message, from: last.peer) }
  }

  func channelReadComplete(context: ChannelHandlerContext) { intake.flush() }

  /// A socket that reports an error (such as ICMP's) goes on.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension SocketAddress {
  /// The address without its port, and IPv4 as such.
  var peer: String {
    let text = ipAddress ?? "unknown"
    return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
  }
}
