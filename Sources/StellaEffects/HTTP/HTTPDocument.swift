import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StellaModel

/// A document at a URL, fetched whole. Redirects are not followed: whoever may send one elsewhere decides what is read.
package struct HTTPDocument: Sendable {
  private let url: String
  private let caFile: String?
  private let timeout: Duration
  private let limitBytes: Int

  /// - Parameters:
  ///   - caFile: certificates (PEM) of those to believe instead of the system's.
  ///   - timeout: from the connection to the last byte.
  package init(_ url: String, caFile: String?, timeout: Duration, limitBytes: Int) {
    (self.url, self.caFile, self.timeout, self.limitBytes) = (url, caFile, timeout, limitBytes)
  }

  /// Blocks; not to be called on an event loop. Nil when it can't be had.
  package func read() -> [UInt8]? {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.timeout = HTTPClient.Configuration.Timeout(connect: .nanoseconds(timeout.nanoseconds), read: nil)
    configuration.connectionPool.retryConnectionEstablishment = false
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let caFile { tls.trustRoots = .file(caFile) }
    configuration.tlsConfiguration = tls
    let client = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    defer { try? client.syncShutdown() }
    let headers = HTTPHeaders([("user-agent", "stella"), ("accept", "application/json"), ("connection", "close")])
    let answer = HTTPAnswer(limitBytes: limitBytes)
    let deadline = NIODeadline.now() + .nanoseconds(timeout.nanoseconds)
    do {
      try client.execute(
        request: HTTPClient.Request(url: url, headers: headers), delegate: answer, deadline: deadline
      ).wait()
    } catch {
      return nil
    }
    return answer.current.status == 200 ? answer.current.body : nil
  }
}
