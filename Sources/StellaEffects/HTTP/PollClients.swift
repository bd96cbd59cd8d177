import AsyncHTTPClient
import NIOPosix
import NIOSSL
import Synchronization

/// Clients for questions that are asked again and again: they follow no redirect, and certificates are always checked. One for each
/// set of authorities that are believed.
final class PollClients: Sendable {
  private let configuration: HTTPClient.Configuration
  private let clients = Mutex<[String: HTTPClient]>([:])

  /// - Parameter keepsConnections: whether the next question may come over the same connection.
  init(keepsConnections: Bool) {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    if !keepsConnections { configuration.connectionPool.idleTimeout = .milliseconds(1) }
    configuration.connectionPool.retryConnectionEstablishment = false
    self.configuration = configuration
  }

  /// - Parameter caFile: PEM; nil for the system's authorities.
  func client(believing caFile: String?) -> HTTPClient {
    clients.withLock { clients in
      if let known = clients[caFile ?? ""] { return known }
      var configuration = configuration
      if let caFile {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = .file(caFile)
        configuration.tlsConfiguration = tls
      }
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
