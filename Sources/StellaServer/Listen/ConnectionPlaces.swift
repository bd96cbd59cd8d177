import NIOCore
import StellaModel
import Synchronization

/// How many connections one address may have open at a time, so that none takes all there are. Programs of this machine may. Those
/// for which there was no place are counted, and told of: many clients can share an address.
package final class ConnectionPlaces: Sendable {
  /// Between two notes.
  private static let noteInterval: Int64 = 60_000_000_000

  private struct Refusals {
    var count = 0
    var noted = 0
    var lastNote: Int64?
  }

  private let limit: Int
  private let now: @Sendable () -> Int64
  private let note: @Sendable (String) -> Void
  private let open = Mutex<[String: Int]>([:])
  private let refusals = Mutex(Refusals())

  /// - Parameters:
  ///   - now: nanoseconds of a clock that is never set back; nil for this machine's.
  ///   - note: told of refusals in words, at most once a minute.
  package init(each limit: Int, now: (@Sendable () -> Int64)? = nil, note: @escaping @Sendable (String) -> Void) {
    self.limit = limit
    self.now = now ?? { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    self.note = note
  }

  /// By what an address is counted; nil for one of this machine, and for none.
  static func key(_ address: String?) -> String? {
    guard let address, address != "::1", let key = ClientAddress.key(address), !key.hasPrefix("127.") else {
      return nil
    }
    return key
  }

  /// - Returns: whether there is a place, for ``give(_:)`` to have it back.
  func take(_ key: String) -> Bool {
    let isTaken = open.withLock { open in
      let count = open[key] ?? 0
      guard count < limit else { return false }
      open[key] = count + 1
      return true
    }
    if !isTaken { refuse(key) }
    return isTaken
  }

  private func refuse(_ key: String) {
    let time = now()
    let new = refusals.withLock { refusals -> Int? in
      refusals.count += 1
      if let last = refusals.lastNote, time - last < Self.noteInterval { return nil }
      defer { (refusals.noted, refusals.lastNote) = (refusals.count, time) }
      return refusals.count - refusals.noted
    }
    guard let new else { return }
    note(
      "\(CountText.count(new, "connection was", "connections were")) refused, \(new == 1 ? "" : "the last one ")from \(key): "
        + "one address may have \(limit) at a time. Where clients share one, behind a balancer or NAT, raise "
        + "`connections_per_address` under `server:` in stella.yaml; behind a proxy for HTTP, set `behind_proxy: true`."
    )
  }

  func give(_ key: String) {
    open.withLock { open in
      let count = open[key] ?? 0
      open[key] = count > 1 ? count - 1 : nil
    }
  }

  package func add(to metrics: inout MetricsText) {
    metrics.add(
      "stella_http_refused_connections_total", .counter,
      "Connections that were closed because their address had as many as it may.", refusals.withLock { $0.count })
  }
}

/// Closes a connection for which there is no place, before anything of it is read.
final class RefusedConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func channelActive(context: ChannelHandlerContext) { context.close(promise: nil) }
}
