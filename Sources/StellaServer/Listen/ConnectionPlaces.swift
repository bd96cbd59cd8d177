import NIOCore
import Synchronization

/// How many connections one address may have open at a time, so that none takes all there are. Programs of this machine may.
final class ConnectionPlaces: Sendable {
  private let limit: Int
  private let open = Mutex<[String: Int]>([:])

  init(each limit: Int) { self.limit = limit }

  /// By what an address is counted; nil for one of this machine, and for none.
  static func key(_ address: String?) -> String? {
    guard let address, address != "::1", let key = ClientAddress.key(address), !key.hasPrefix("127.") else {
      return nil
    }
    return key
  }

  /// - Returns: whether there is a place, for ``give(_:)`` to have it back.
  func take(_ key: String) -> Bool {
    open.withLock { open in
      let count = open[key] ?? 0
      guard count < limit else { return false }
      open[key] = count + 1
      return true
    }
  }

  func give(_ key: String) {
    open.withLock { open in
      let count = open[key] ?? 0
      open[key] = count > 1 ? count - 1 : nil
    }
  }
}

/// Closes a connection for which there is no place, before anything of it is read.
final class RefusedConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func channelActive(context: ChannelHandlerContext) { context.close(promise: nil) }
}
