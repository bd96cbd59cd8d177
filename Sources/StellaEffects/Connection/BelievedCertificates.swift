import NIOSSL
import StellaModel

/// The file that says which certificates a person believes.
package enum BelievedCertificates {
  /// - Throws: ``CommandFailure`` `usage` when the file has none in PEM, or can't be read.
  package static func check(_ path: String) throws(CommandFailure) {
    let found = (try? NIOSSLCertificate.fromPEMFile(path)) ?? []
    guard found.isEmpty else { return }
    throw CommandFailure(
      .usage,
      "\(TextEscaping.oneLine(path)) holds no certificate that can be read. It takes PEM: lines between BEGIN CERTIFICATE and END "
        + "CERTIFICATE.")
  }
}
