import Glibc
import StellaModel
import StellaRemediation

/// A bundle that lies in a file.
enum LogBundleFile {
  /// Reads the whole file. Memory for one record.
  ///
  /// - Returns: What was found out, and the digest of the file.
  /// - Throws: ``CommandFailure`` when it can't be read; ``LogError`` when it is no whole bundle.
  static func verify(
    _ path: String, trusted: [LogPublicKey], anchors: [LogAnchorReport] = []
  ) throws -> (LogVerification, ContentDigest) {
    guard let file = fopen(path, "rb") else {
      throw CommandFailure(errno == ENOENT ? .notFound : .usage, "\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    let reader = try LogBundleReader { count in
      var bytes = [UInt8](repeating: 0, count: count)
      let got = fread(&bytes, 1, count, file)
      return Array(bytes.prefix(got))
    }
    let verification = try LogVerifier.verify(reader, trusted: trusted, anchors: anchors + reader.anchors)
    guard let digest = reader.fileDigest else { throw LogError(.malformed, "\(path) is cut") }
    return (verification, digest)
  }
}
