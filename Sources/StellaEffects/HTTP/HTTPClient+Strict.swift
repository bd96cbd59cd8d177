import AsyncHTTPClient
import NIOCore
import NIOSSL
import StellaModel

extension HTTPClient.Configuration {
  /// For questions of which nobody else may decide where they lead: no redirect is followed, nothing is asked twice, and certificates
  /// are always checked.
  ///
  /// - Parameters:
  ///   - caFile: PEM file of the certificates that are believed; nil for those of the system.
  ///   - connect: how long a connection may take; nil for the client's default.
  package static func strict(believing caFile: String?, connect: Duration? = nil) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    if let connect {
      configuration.timeout = HTTPClient.Configuration.Timeout(connect: .nanoseconds(connect.nanoseconds), read: nil)
    }
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let caFile { tls.trustRoots = .file(caFile) }
    configuration.tlsConfiguration = tls
    return configuration
  }
}
