/// A signed statement: this log had this many records, and the chain over them ended in this hash.
///
/// Its text form, one line of ASCII, is what is signed, stored and published. Whether the signature is right is for the
/// verifier to say.
package struct LogCheckpoint: Sendable, Hashable {
  /// Number of the last record that it covers, at least 1.
  package let size: Int64
  /// The hash of that record, which covers all before it.
  package let root: LogHash
  /// The hash of the log's first record, which names the log.
  package let log: LogHash
  /// Which engine signed: 1…64 of `A–Z a–z 0–9 . _ -`.
  package let engine: String
  /// The id of the key.
  package let key: LogHash
  /// When it was signed.
  package let time: Int64
  /// 64 bytes of Ed25519.
  package let signature: [UInt8]

  package static let tag = "stella-log-checkpoint/v1"
  package static let signatureBytes = 64

  /// Nil when the size or the engine's name can't be in a checkpoint.
  package init?(
    size: Int64, root: LogHash, log: LogHash, engine: String, key: LogHash, time: Int64, signature: [UInt8]
  ) {
    guard size >= 1, LogCheckpoint.isEngineName(engine), signature.count == LogCheckpoint.signatureBytes else {
      return nil
    }
    self.size = size
    self.root = root
    self.log = log
    self.engine = engine
    self.key = key
    self.time = time
    self.signature = signature
  }

  package static func isEngineName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
      }
  }

  /// What the signature is over.
  package static func statement(
    size: Int64, root: LogHash, log: LogHash, engine: String, key: LogHash, time: Int64
  ) -> String {
    "\(tag) \(size) \(root.hex) \(log.hex) \(engine) \(key.hex) \(Timestamp.text(time))"
  }

  package var statement: String {
    LogCheckpoint.statement(size: size, root: root, log: log, engine: engine, key: key, time: time)
  }

  /// The statement, a space and the signature in hexadecimal digits.
  package var text: String { statement + " " + HexText.text(signature) }

  /// Nil unless `text` is exactly what ``text`` gives.
  package init?(text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 8, words[0] == LogCheckpoint.tag, let size = Int64(words[1]),
      let root = LogHash(hex: words[2]),
      let log = LogHash(hex: words[3]), let key = LogHash(hex: words[5]), let time = Timestamp.parse(String(words[6])),
      let signature = HexText.bytes(words[7])
    else { return nil }
    self.init(
      size: size, root: root, log: log, engine: String(words[4]), key: key, time: time, signature: signature)
    guard Array(self.text.utf8) == Array(text.utf8) else { return nil }
  }
}
