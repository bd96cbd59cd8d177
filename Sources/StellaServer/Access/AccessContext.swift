import Glibc
import Hummingbird
import NIOCore

/// A request over the network, with where it came from and, behind ``AccessGate``, from whom.
package struct AccessContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// Set by ``AccessGate``, which lets nothing through without one but what is open to everybody.
  package var identity: Identity?
  /// Set with it: whether its sender may still see what it asked for, asked anew.
  package var mayStillRead: (@Sendable () async -> Bool)?
  /// Of the other end of the connection, which may be a proxy; empty when it can't be told.
  let peer: String
  package let eventLoop: (any EventLoop)?

  package init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress?.ipAddress ?? ""
    eventLoop = source.channel.eventLoop
  }

  /// Who asks.
  ///
  /// - Throws: when nobody is known, which only a mistake in our routes can bring about.
  package func caller() throws -> Identity {
    guard let identity else { throw HTTPError(.unauthorized) }
    return identity
  }
}

/// Addresses, as attempts are counted by them.
enum ClientAddress {
  /// IPv4 as it is; of IPv6 the /64 that one network has; IPv4 within IPv6 as IPv4. Nil for no address.
  static func key(_ text: String) -> String? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return text }
    var six = in6_addr()
    let bare = text.prefix { $0 != "%" }
    guard inet_pton(AF_INET6, String(bare), &six) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: six) { Array($0) }
    if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
      return bytes.suffix(4).map(String.init).joined(separator: ".")
    }
    let groups = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
    return groups.joined(separator: ":") + "::/64"
  }

  /// The address that a proxy says it answers: the last one, which it has added itself.
  static func forwarded(_ field: String?) -> String? {
    guard let last = field?.split(separator: ",").last else { return nil }
    return key(String(last.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
  }
}
