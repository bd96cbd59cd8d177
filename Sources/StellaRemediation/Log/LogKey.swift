import Crypto
import StellaModel

/// What checks an engine's signatures: a public key of Ed25519.
package struct LogPublicKey: Sendable, Hashable {
  /// 32 bytes.
  package let bytes: [UInt8]
  /// SHA-256 over a tag and the bytes.
  package let id: LogHash

  private static let tag = Array("stella-log-key/v1\0".utf8)

  /// Nil unless there are 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
    var sha = SHA256()
    sha.update(data: LogPublicKey.tag)
    sha.update(data: bytes)
    id = LogHash(sha.finalize())
  }

  /// Reads ``text``.
  package init?(text: some StringProtocol) {
    guard let bytes = HexText.bytes(text) else { return nil }
    self.init(bytes)
  }

  /// 64 hexadecimal digits.
  package var text: String { HexText.text(bytes) }

  func isSignature(_ signature: [UInt8], of statement: String) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
    return key.isValidSignature(signature, for: Array(statement.utf8))
  }
}

/// What an engine signs its checkpoints with.
package struct LogSigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  package let publicKey: LogPublicKey

  /// - Parameter seed: 32 unpredictable bytes; nil is returned for another count.
  package init?(seed: [UInt8]) {
    guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
      let publicKey = LogPublicKey(Array(key.publicKey.rawRepresentation))
    else { return nil }
    self.key = key
    self.publicKey = publicKey
  }

  func signature(of statement: String) throws -> [UInt8] { Array(try key.signature(for: Array(statement.utf8))) }
}

extension LogCheckpoint {
  /// Signs that `log` has come to `head`.
  init?(head: LogHead, log: LogHash, engine: String, time: Int64, by key: LogSigningKey) throws {
    let id = key.publicKey.id
    let statement = LogCheckpoint.statement(
      size: head.size, root: head.root, log: log, engine: engine, key: id, time: time)
    self.init(
      size: head.size, root: head.root, log: log, engine: engine, key: id, time: time,
      signature: try key.signature(of: statement))
  }

  /// Whether it was signed with that key, as it says.
  package func isSigned(by key: LogPublicKey) -> Bool {
    key.id == self.key && key.isSignature(signature, of: statement)
  }
}

extension LogKeyRotation {
  /// What the old key signs.
  static func statement(log: LogHash, number: Int64, old: LogPublicKey, new: LogPublicKey) -> String {
    "stella-log-rotation/v1 \(log.hex) \(number) \(old.text) \(new.text)"
  }

  init(number: Int64, to new: LogPublicKey, log: LogHash, by old: LogSigningKey) throws {
    let statement = LogKeyRotation.statement(log: log, number: number, old: old.publicKey, new: new)
    self.init(number: number, key: new.bytes, signature: try old.signature(of: statement))
  }

  func isSigned(by old: LogPublicKey, log: LogHash) -> Bool {
    guard let new = LogPublicKey(key) else { return false }
    return old.isSignature(signature, of: LogKeyRotation.statement(log: log, number: number, old: old, new: new))
  }
}
