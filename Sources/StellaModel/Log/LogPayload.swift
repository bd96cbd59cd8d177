/// What a record of the execution log is about, masked, kept beside it. The record has only its salted digest, so that it
/// can be erased without breaking the chain, and nobody can guess it from the digest afterwards.
package struct LogPayload: Sendable, Hashable {
  package static let saltBytes = 32

  /// 32 unpredictable bytes.
  package let salt: [UInt8]
  package let bytes: [UInt8]

  /// - Precondition: `salt` has 32 bytes.
  package init(salt: [UInt8], bytes: [UInt8]) {
    precondition(salt.count == LogPayload.saltBytes)
    self.salt = salt
    self.bytes = bytes
  }
}
