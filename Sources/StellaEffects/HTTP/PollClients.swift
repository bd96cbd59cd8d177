import AsyncHTTPClient
import NIOCore
import NIOPosix
import StellaModel
import Synchronization

/// Clients for questions that are asked again and again: they follow no redirect, and certificates are always checked. One for each
/// host and set of authorities that are believed.
final class PollClients: Sendable {
  private struct Key: Hashable {
    let host: String?
    let caFile: String?
  }

  private struct Client {
    let http: HTTPClient
    let kept = KeptConnections()

    init(_ configuration: HTTPClient.Configuration) {
      var configuration = configuration
      kept.count(in: &configuration)
      http = HTTPClient(
        eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }
  }

  private let keepsConnections: Bool
  private let names: NameLookup
  private let clients = Mutex<[Key: Client]>([:])

  /// - Parameter keepsConnections: whether the next question may come over the same connection.
  init(keepsConnections: Bool, names: NameLookup) { (self.keepsConnections, self.names) = (keepsConnections, names) }

  /// - Parameter caFile: PEM; nil for the system's authorities.
  private func client(for url: String, believing caFile: String?) -> Client {
    let key = Key(host: keepsConnections ? HTTPAddress(url)?.origin.host : nil, caFile: caFile)
    return clients.withLock { clients in
      if let known = clients[key] { return known }
      var configuration = HTTPClient.Configuration.strict(believing: caFile)
      if !keepsConnections { configuration.connectionPool.idleTimeout = .milliseconds(1) }
      let client = Client(configuration)
      clients[key] = client
      return client
    }
  }

  /// Asks, and reads the answer, within this time: the library's own limit ends with an answer's head, so that who stalls within its body
  /// would be waited for without end.
  ///
  /// - Throws: `HTTPClientError.deadlineExceeded` or ``NameLookup/Failure`` after that time, and what `read` throws.
  func ask<Value: Sendable>(
    _ request: HTTPClientRequest, believing caFile: String?, within time: Duration,
    _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Value
  ) async throws -> Value {
    let client = client(for: request.url, believing: caFile)
    let deadline = NIODeadline.now() + .nanoseconds(time.nanoseconds)
    if !keepsConnections || client.kept.isEmpty { try await names.check(hostOf: request.url, by: deadline) }
    return try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask {
        try await read(client.http.execute(request, deadline: deadline))
      }
      group.addTask {
        try await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds))
        throw HTTPClientError.deadlineExceeded
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw CancellationError() }
      return value
    }
  }

  /// No further question comes.
  func end() async {
    let all = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    for client in all { try? await client.http.shutdown() }
  }
}
