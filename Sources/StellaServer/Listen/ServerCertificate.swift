import Glibc
import NIOSSL
import StellaModel

/// The certificate that a server shows.
package enum ServerCertificate {
  /// Whether a server can show it.
  ///
  /// - Throws: ``CommandFailure`` `usage` with the file that can't be used.
  package static func check(certificate: String, key: String) throws(CommandFailure) {
    _ = try configuration(certificate: certificate, key: key)
  }

  /// When the first certificate of a file ends, in seconds since the epoch; nil when there is none.
  package static func end(of certificate: String) -> Int? {
    (try? NIOSSLCertificate.fromPEMFile(certificate))?.first.map { Int($0.notValidAfter) }
  }

  /// - Throws: ``CommandFailure`` `usage` with the file that can't be used.
  static func configuration(certificate: String, key: String) throws(CommandFailure) -> TLSConfiguration {
    let chain: [NIOSSLCertificate]
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificate)
    } catch {
      throw CommandFailure(.usage, trouble(certificate, "certificate"))
    }
    guard !chain.isEmpty else { throw CommandFailure(.usage, "\(certificate): there is no certificate in it.") }
    var status = stat()
    if stat(key, &status) == 0, status.st_mode & 0o007 != 0 {
      throw CommandFailure(.usage, "\(key): everybody on this machine may read this key. Run `chmod o= \(key)`.")
    }
    let secret: NIOSSLPrivateKey
    do {
      secret = try NIOSSLPrivateKey(file: key, format: .pem)
    } catch {
      throw CommandFailure(.usage, trouble(key, "key without a password"))
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    do {
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw CommandFailure(.usage, "\(key): this is not the key of the certificate in \(certificate).")
    }
    return configuration
  }

  /// Why nothing can be had of a file: what the library says of it names where it was built.
  ///
  /// - Parameter what: should be in it.
  static func trouble(_ file: String, _ what: String) -> String {
    guard access(file, R_OK) == 0 else { return "\(file) can't be read: \(String(cString: strerror(errno)))." }
    return "\(file): there is no \(what) in PEM in it."
  }
}
