import Crypto
import StellaModel

extension ContentDigest {
  /// O(bytes).
  init(of bytes: [UInt8]) {
    guard let digest = ContentDigest(bytes: Array(SHA256.hash(data: bytes))) else {
      preconditionFailure("a digest of SHA-256 has 32 bytes")
    }
    self = digest
  }
}
