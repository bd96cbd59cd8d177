import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import StellaModel
import Synchronization

/// HTTP to a server of ours, over its Unix socket or the network, one request after the other.
package final class ServerExchange {
  package struct Answer: Sendable {
    package var status: Int
    /// Names in lower case, in the order in which they came.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// All values of a header.
    package func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
  }

  /// Why there is no whole answer.
  package struct Failure: Error, Sendable {
    package let trouble: ConnectionTrouble
    /// Whether nothing was sent. Otherwise it can't be told whether the request was carried out.
    package let isUnsent: Bool
  }

  /// Bytes of an answer at most.
  private static let limitBytes = 256 << 20

  private let client: HTTPClient
  private let origin: String
  private let timeout: TimeAmount
  private let connections: Connections

  /// Whether there ever was a connection, with TLS where it is asked for, over which something may have been sent.
  private final class Connections: Sendable {
    let wereMade = Atomic(false)
  }

  /// - Parameters:
  ///   - socket: its path, 107 bytes at most.
  ///   - timeout: for one whole exchange.
  package convenience init(socket: String, timeout: Duration) {
    self.init(origin: "http+unix://" + URLText.encoded(socket), timeout: timeout, caFile: nil)
  }

  /// - Parameter caFile: PEM file of the certificates that are believed; nil for those of the system.
  package convenience init(server: HTTPOrigin, timeout: Duration, caFile: String?) {
    self.init(origin: server.description, timeout: timeout, caFile: caFile)
  }

  private init(origin: String, timeout: Duration, caFile: String?) {
    self.origin = origin
    self.timeout = .nanoseconds(timeout.nanoseconds)
    let connections = Connections()
    self.connections = connections
    var configuration = HTTPClient.Configuration.strict(believing: caFile, connect: .seconds(5))
    configuration.http1_1ConnectionDebugInitializer = { channel in
      connections.wereMade.store(true, ordering: .sequentiallyConsistent)
      return channel.eventLoop.makeSucceededVoidFuture()
    }
    client = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
  }

  deinit { try? client.syncShutdown() }

  /// Blocks until the whole answer is there.
  ///
  /// - Parameter path: with the query, encoded.
  package func send(
    _ method: String, _ path: String, headers: [(name: String, value: String)], body: [UInt8]?
  ) throws(Failure) -> Answer {
    do {
      let request = try HTTPClient.Request(
        url: origin + path, method: HTTPMethod(rawValue: method),
        headers: HTTPHeaders(headers.map { ($0.name, $0.value) }),
        body: body.map { .bytes($0) })
      let delegate = ResponseAccumulator(request: request, maxBodySize: Self.limitBytes)
      let response = try client.execute(request: request, delegate: delegate, deadline: .now() + timeout).wait()
      return Answer(
        status: Int(response.status.code), headers: response.headers.map { ($0.name.lowercased(), $0.value) },
        body: response.body.map { Array($0.readableBytesView) } ?? [])
    } catch {
      let trouble = ConnectionTrouble(error)
      let wasMade = connections.wereMade.load(ordering: .sequentiallyConsistent)
      throw Failure(trouble: trouble, isUnsent: !wasMade || trouble.kind.isBeforeSending)
    }
  }
}
