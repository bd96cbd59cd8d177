import AsyncHTTPClient
import NIOCore
import Synchronization

/// How many connections a client has: over one that is there a question needs no address.
package final class KeptConnections: Sendable {
  private let open = Atomic(0)

  package init() {}

  package var isEmpty: Bool { open.load(ordering: .sequentiallyConsistent) == 0 }

  /// Has those of a client that is made with this configuration counted.
  package func count(in configuration: inout HTTPClient.Configuration) {
    configuration.http1_1ConnectionDebugInitializer = { channel in
      self.open.add(1, ordering: .sequentiallyConsistent)
      channel.closeFuture.whenComplete { _ in self.open.subtract(1, ordering: .sequentiallyConsistent) }
      return channel.eventLoop.makeSucceededVoidFuture()
    }
  }
}
