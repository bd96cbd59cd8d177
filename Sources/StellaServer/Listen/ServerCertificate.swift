import Glibc
import NIOSSL
import StellaModel

/// The certificate that a server shows.
enum ServerCertificate {
  /// - Throws: ``CommandFailure`` `usage` with the file that can't be used.
  static func configuration(certificate: String, key: String) throws(CommandFailure) -> TLSConfiguration {
    let chain: [NIOSSLCertificate]
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificate)
    } catch {
      throw CommandFailure(.usage, "\(certificate): no certificates in PEM can be read from it. \(error)")
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
      throw CommandFailure(.usage, "\(key): no key in PEM can be read from it. \(error)")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    return configuration
  }
}
