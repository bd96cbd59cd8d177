import Crypto
import StellaModel

/// A digest of what comes piece by piece.
package struct ContentHash: Sendable {
  private var sha = SHA256()

  package init() {}

  package mutating func add(_ bytes: UnsafeRawBufferPointer) { sha.update(bufferPointer: bytes) }

  /// Of all that was added.
  package var digest: ContentDigest {
    guard let digest = ContentDigest(bytes: Array(sha.finalize())) else { preconditionFailure("SHA-256 has 32 bytes") }
    return digest
  }
}
