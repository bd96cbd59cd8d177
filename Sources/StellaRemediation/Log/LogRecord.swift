import Crypto
import StellaModel

/// One record of the execution log. `ExecutionLogV1.md` says its bytes and its hash.
package struct LogRecord: Sendable, Hashable {
  /// Its place; the first is 1, and none is left out.
  package var number: Int64
  package var time: Int64
  /// Of the engine that had the runner's lease when it was written.
  package var epoch: Int64
  package var kind: LogKind
  package var run: String?
  package var actor: String
  /// Sorted by name.
  package var body: [FieldValue.Member]
  /// The salted digest of its payload, which may be erased.
  package var payload: LogHash?

  package static let version: UInt16 = 1
  /// SHA-256.
  package static let algorithm: UInt8 = 1
  /// Payloads are for what is large.
  package static let maximumBytes = 256 << 10

  package init(_ entry: LogEntry, number: Int64, epoch: Int64) {
    self.number = number
    time = entry.time
    self.epoch = epoch
    kind = entry.kind
    run = entry.run
    actor = entry.actor
    body = entry.body.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    payload = entry.payload?.digest
  }

  /// The body's value of that name.
  package subscript(_ name: String) -> FieldValue? { body.first { $0.name == name }?.value }

  package func text(_ name: String) -> String? {
    if case .string(let text)? = self[name] { text } else { nil }
  }

  package func integer(_ name: String) -> Int64? {
    if case .integer(let value)? = self[name] { value } else { nil }
  }
}

extension LogRecord {
  /// The canonical bytes.
  ///
  /// - Throws: `unfit` when the body has no canonical form or is too large.
  package func bytes() throws(LogError) -> [UInt8] {
    var writer = LogValueWriter()
    writer.integer(LogRecord.version)
    writer.byte(LogRecord.algorithm)
    writer.integer(number)
    writer.integer(time)
    writer.integer(epoch)
    try writer.string(kind.rawValue)
    guard run != "" else { throw LogError(.unfit, "a run's id is empty") }
    try writer.string(run ?? "")
    try writer.string(actor)
    writer.byte(payload == nil ? 0 : 1)
    if let payload { writer.raw(payload.bytes) }
    try writer.value(.object(body))
    guard writer.bytes.count <= LogRecord.maximumBytes else {
      throw LogError(
        .unfit,
        "a record of kind \(kind.rawValue) has \(writer.bytes.count) bytes, more than \(LogRecord.maximumBytes); "
          + "what is large belongs in its payload")
    }
    return writer.bytes
  }

  /// Reads canonical bytes.
  ///
  /// - Throws: `malformed`, or `newer` for a version, an algorithm or a kind that this one doesn't know.
  package init(bytes: UnsafeRawBufferPointer) throws(LogError) {
    var reader = LogValueReader(bytes)
    let version = try reader.integer(UInt16.self)
    let algorithm = try reader.byte()
    guard version >= 1, algorithm >= 1 else { throw LogError(.malformed, "it has no version") }
    guard version == LogRecord.version, algorithm == LogRecord.algorithm else {
      throw LogError(.newer, "it has version \(version) and algorithm \(algorithm); this Stella knows 1 and 1")
    }
    number = try reader.integer(Int64.self)
    time = try reader.integer(Int64.self)
    epoch = try reader.integer(Int64.self)
    let kind = try reader.string()
    let run = try reader.string()
    self.run = run.isEmpty ? nil : run
    actor = try reader.string()
    switch try reader.byte() {
    case 0: payload = nil
    case 1: payload = try reader.hash()
    default: throw LogError(.malformed, "whether it has a payload is not said")
    }
    guard case .object(let body) = try reader.value(), reader.isAtEnd else {
      throw LogError(.malformed, "it does not end with an object")
    }
    self.body = body
    guard bytes.count <= LogRecord.maximumBytes else { throw LogError(.malformed, "it is too large") }
    guard let known = LogKind(rawValue: kind) else {
      throw LogError(.newer, "this Stella knows no record of the kind it has")
    }
    self.kind = known
  }

  package init(bytes: [UInt8]) throws(LogError) {
    let result = bytes.withUnsafeBytes { pointer in
      Result { () throws(LogError) in try LogRecord(bytes: pointer) }
    }
    self = try result.get()
  }

  private static let tag = Array("stella-log-record/v1\0".utf8)

  /// The hash of the record with these bytes after the one with that hash. O(bytes).
  package static func hash(of bytes: [UInt8], after previous: LogHash) -> LogHash {
    var sha = SHA256()
    sha.update(data: tag)
    sha.update(data: previous.bytes)
    sha.update(data: bytes)
    return LogHash(sha.finalize())
  }
}

extension LogHash {
  init(_ digest: SHA256Digest) {
    // A digest of SHA-256 has exactly 32 bytes.
    self = digest.withUnsafeBytes { LogHash($0) } ?? .zero
  }
}

extension LogPayload {
  private static let tag = Array("stella-log-payload/v1\0".utf8)

  /// What its record says of it. O(bytes).
  package var digest: LogHash {
    var sha = SHA256()
    sha.update(data: LogPayload.tag)
    sha.update(data: salt)
    sha.update(data: bytes)
    return LogHash(sha.finalize())
  }
}
