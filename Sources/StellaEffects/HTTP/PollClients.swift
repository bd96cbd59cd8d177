import AsyncHTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// Clients for questions that are asked again and again: they follow no redirect, and certificates are always checked. One for each
/// set of authorities that are believed.
final class PollClients: Sendable {
  private let keepsConnections: Bool
  private let names: NameLookup
  private let clients = Mutex<[String: HTTPClient]>([:])

  /// - Parameter keepsConnections: whether the next question may come over the same connection.
  init(keepsConnections: Bool, names: NameLookup) { (self.keepsConnections, self.names) = (keepsConnections, names) }

  /// - Parameter caFile: PEM; nil for the system's authorities.
  private func client(believing caFile: String?) -> HTTPClient {
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

  /// Asks, and reads the answer, within this time: the library's own limit ends with an answer's head, so that who stalls within its body
  /// would be waited for without end.
  ///
  /// - Throws: `HTTPClientError.deadlineExceeded` or ``NameLookup/Failure`` after that time, and what `read` throws.
  func ask<Value: Sendable>(
    _ request: HTTPClientRequest, believing caFile: String?, within time: Duration,
    _ read: @escaping @Sendable (HTTPClientResponse) async throws -> Value
  ) async throws -> Value {
    let client = client(believing: caFile)
    let deadline = NIODeadline.now() + .nanoseconds(time.nanoseconds)
    try await names.check(hostOf: request.url, by: deadline)
    return try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask {
        try await read(client.execute(request, deadline: deadline))
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
    for client in all { try? await client.shutdown() }
  }
}
