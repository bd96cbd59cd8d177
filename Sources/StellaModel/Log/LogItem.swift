/// A record of the execution log as a store or a bundle keeps it.
package struct StoredLogRecord: Sendable, Hashable {
  /// Its place; the first is 1.
  package var number: Int64
  package var hash: LogHash
  /// Canonical bytes, which say the number again.
  package var bytes: [UInt8]
  /// Nil when it has none, or when it was erased.
  package var payload: LogPayload?

  package init(number: Int64, hash: LogHash, bytes: [UInt8], payload: LogPayload? = nil) {
    self.number = number
    self.hash = hash
    self.bytes = bytes
    self.payload = payload
  }
}

/// One thing that a log is read as.
package enum LogItem: Sendable, Hashable {
  case record(StoredLogRecord)
  case checkpoint(LogCheckpoint)
}

/// The statement by which one key names the next.
package struct LogKeyRotation: Sendable, Hashable {
  /// Number of the record that says so; checkpoints of this size and larger are by the new key.
  package var number: Int64
  /// The public key, 32 bytes of Ed25519.
  package var key: [UInt8]
  /// By the key before.
  package var signature: [UInt8]

  package init(number: Int64, key: [UInt8], signature: [UInt8]) {
    self.number = number
    self.key = key
    self.signature = signature
  }
}

/// Up to where records were pruned, and the hash that the first one left follows.
package struct LogFloor: Sendable, Hashable {
  package var number: Int64
  package var root: LogHash

  package init(number: Int64, root: LogHash) {
    self.number = number
    self.root = root
  }
}

/// What has to be known of a log before its first record is read.
package struct LogOutline: Sendable, Hashable {
  /// The hash of the first record.
  package var log: LogHash
  /// The bytes of the first record, which names the engine, its key and the logs before; kept when it is pruned.
  package var opening: [UInt8]
  /// In the order of their numbers.
  package var rotations: [LogKeyRotation]
  package var floor: LogFloor?

  package init(log: LogHash, opening: [UInt8], rotations: [LogKeyRotation] = [], floor: LogFloor? = nil) {
    self.log = log
    self.opening = opening
    self.rotations = rotations
    self.floor = floor
  }
}

/// A log as a sequence of items: records by number, each checkpoint after the record that it ends with.
package protocol LogSource: AnyObject {
  /// Nil when no log was ever opened.
  var outline: LogOutline? { get }

  func next() throws -> LogItem?
}
