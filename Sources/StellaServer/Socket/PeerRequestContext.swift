import Glibc
import Hummingbird
import NIOCore
import StellaModel

/// A request over a Unix socket, together with who sent it.
package struct PeerRequestContext: RequestContext {
  /// The connection is none of a Unix socket.
  package struct NoPeer: Error {}

  package var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  package init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  package var eventLoop: (any EventLoop)? { channel.eventLoop }

  /// The process that connected, and its user, as the kernel noted them then (unix(7), `SO_PEERCRED`).
  package func peer() async throws -> PeerCredentials {
    guard let options = channel as? any SocketOptionProvider else { throw NoPeer() }
    let peer: PeerCredentials = try await options.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    ).get()
    // What the kernel gives for a socket of another family.
    guard peer.uid != .max else { throw NoPeer() }
    return peer
  }
}
