import AsyncHTTPClient
import NIOPosix
import Synchronization

/// Clients for questions that are asked again and again: they follow no redirect, and certificates are always checked. One for each
/// set of authorities that are believed.
final class PollClients: Sendable {
  private let keepsConnections: Bool
  private let clients = Mutex<[String: HTTPClient]>([:])

  /// - Parameter keepsConnections: whether the next question may come over the same connection.
  init(keepsConnections: Bool) { self.keepsConnections = keepsConnections }

  /// - Parameter caFile: PEM; nil for the system's authorities.
  func client(believing caFile: String?) -> HTTPClient {
    clients.withLock { clients in
      if let known = clients[caFile ?? ""] { return known }
      var configuration = HTTPClient.Configuration.strict(believing: caFile)
      if !keepsConnections { configuration.connectionPool.idleTimeout = .milliseconds(1) }
      let client = HTTPClient(
        eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
      clients[caFile ?? ""] = client
      return client
    }
  }

  /// No further question comes.
  func end() async {
    let all = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    for client in all { try? await client.shutdown() }
  }
}
