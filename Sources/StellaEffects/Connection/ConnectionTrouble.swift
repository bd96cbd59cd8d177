import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StellaModel

/// Why a connection didn't come about, or didn't last, in words for people: what the libraries say of it names their own insides, and
/// where they were built.
package struct ConnectionTrouble: Sendable, Hashable {
  package enum Kind: Sendable {
    case noSuchHost, refused, unreachable, timeout, certificate, wrongName, handshake, closed, other

    /// Whether it only happens before there is a connection, so that nothing was sent.
    package var isBeforeSending: Bool {
      switch self {
      case .noSuchHost, .refused, .certificate, .wrongName: true
      // A handshake that fails first thing has made no connection, which whoever asks knows.
      case .handshake, .unreachable, .timeout, .closed, .other: false
      }
    }
  }

  package let kind: Kind
  /// The rest of a sentence, without its full stop: `nobody takes connections at 127.0.0.1:7480`.
  package let text: String

  private static let limitCharacters = 200

  package init(_ error: any Error) { (kind, text) = Self.read(error, nil) }

  /// The same, and for a certificate that isn't believed, which key of stella.yaml says whom to believe.
  package var configured: String { configured(by: "ca_file") }

  /// - Parameter key: that key's name, where it is another one.
  package func configured(by key: String) -> String {
    text == Self.unbelieved.1 ? text + "; `\(key)` names others to believe" : text
  }

  /// - Parameter place: `HOST:PORT` where the connection was to lead; nil when the error or the sentence before says it.
  private static func read(_ error: any Error, _ place: String?) -> (Kind, String) {
    switch error {
    case let error as NIOConnectionError: return connection(error)
    case let error as IOError: return system(error.errnoCode, place)
    case let error as HTTPClientError: return client(error)
    case let error as NIOSSLError: return handshake(error)
    // Of a connection that was there; a handshake's is within an NIOSSLError.
    case is BoringSSLError: return (.other, "the connection failed under TLS")
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      return (.wrongName, "its certificate is for another name than the one that was asked for")
    case let error as ChannelError:
      switch error {
      case .connectTimeout: return (.timeout, "no connection in time")
      case .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed, .eof: return closed
      default: return other(error)
      }
    case NameLookup.Failure.unknown(let host): return (.noSuchHost, "there is no host \(TextEscaping.oneLine(host))")
    case NameLookup.Failure.late(let host):
      return (.timeout, "no address for the name \(TextEscaping.oneLine(host)) in time")
    case is SocketAddressError: return (.noSuchHost, "there is no such host")
    case let error as HTTPParserError where error == .invalidEOFState: return closed
    case is HTTPParserError: return (.other, "what answers there doesn't speak HTTP, or speaks it over TLS alone")
    default: return other(error)
    }
  }

  private static let closed = (Kind.closed, "the connection was closed before the whole answer was there")

  private static func connection(_ error: NIOConnectionError) -> (Kind, String) {
    let host = TextEscaping.oneLine(error.host)
    let place = (host.contains(":") ? "[\(host)]" : host) + ":\(error.port)"
    // A name may stand for several addresses, of which this machine can't use some kind at all.
    let failures = error.connectionErrors.map { read($0.error, place) }
    return failures.first { $0.0 == .refused } ?? failures.first ?? (.noSuchHost, "there is no host \(host)")
  }

  private static func system(_ code: Int32, _ place: String?) -> (Kind, String) {
    let there = place.map { "at \($0)" } ?? "there"
    return switch code {
    case ECONNREFUSED, ENOENT: (.refused, "nobody takes connections \(there)")
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL:
      (.unreachable, "there is no way to \(place ?? "it") from here (\(String(cString: strerror(code))))")
    case ETIMEDOUT: (.timeout, "no answer in time")
    case ECONNRESET, EPIPE, ECONNABORTED: closed
    default: (.other, "the connection failed (\(String(cString: strerror(code))))")
    }
  }

  private static func client(_ error: HTTPClientError) -> (Kind, String) {
    switch error {
    case .connectTimeout: (.timeout, "no connection in time")
    case .tlsHandshakeTimeout, .httpProxyHandshakeTimeout: (.timeout, "no connection in time, for want of a handshake")
    case .deadlineExceeded, .readTimeout, .writeTimeout: (.timeout, "no answer in time")
    case .remoteConnectionClosed: closed
    default: other(error)
    }
  }

  private static func handshake(_ error: NIOSSLError) -> (Kind, String) {
    switch error {
    case .handshakeFailed(let cause): handshake(cause)
    case .noSuchFilesystemObject, .failedToLoadCertificate:
      (.certificate, "the file with the certificates to believe can't be read")
    case .unableToValidateCertificate, .noCertificateToValidate: unbelieved
    case .uncleanShutdown: closed
    default: other(error)
    }
  }

  private static let unbelieved = (
    Kind.certificate, "nobody who is believed vouches for its certificate, or it has expired"
  )

  private static func handshake(_ error: BoringSSLError) -> (Kind, String) {
    let stack: NIOBoringSSLErrorStack =
      switch error {
      case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack), .failedToSetALPN(let stack):
        stack
      default: []
      }
    let reasons = stack.map { reason("\($0)") }
    if reasons.contains("CERTIFICATE_VERIFY_FAILED") { return unbelieved }
    if reasons.contains("WRONG_VERSION_NUMBER") { return (.handshake, "what answers there doesn't speak TLS") }
    if stack.contains(.eofDuringHandshake) {
      return (.handshake, "the connection was closed during the TLS handshake")
    }
    let why = reasons.first.map { " (" + $0.lowercased().replacing("_", with: " ") + ")" } ?? ""
    return (.handshake, "the TLS handshake failed\(why)")
  }

  /// `CERTIFICATE_VERIFY_FAILED` of `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at
  /// FILE:LINE`.
  private static func reason(_ text: String) -> String {
    let routine = text.split(separator: ":").first { $0.contains(" at ") } ?? text[...]
    return String(routine.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
  }

  private static func other(_ error: any Error) -> (Kind, String) {
    (.other, TextEscaping.oneLine("\(error)", limit: limitCharacters))
  }
}
