import Crypto
import StellaModel

/// Writes a log as one file that can be verified elsewhere with the public key alone. `ExecutionLogV1.md` says its bytes.
package struct LogBundleWriter {
  static let magic = Array("stella-log-bundle/v1\n".utf8)

  enum Frame: UInt8 {
    case outline = 0x6f
    case rotation = 0x6b
    case anchor = 0x61
    case record = 0x72
    case checkpoint = 0x63
    case end = 0x65
  }

  private let sink: ([UInt8]) throws -> Void
  private var digest = SHA256()

  /// Writes everything that `source` has, item by item.
  ///
  /// - Parameters:
  ///   - anchors: What they said, as a note of the exporter's: whoever verifies should ask them again.
  ///   - sink: Takes the bytes in order.
  /// - Throws: ``LogError`` `empty`; what `source` and `sink` throw. The bytes so far are no bundle then, and don't
  ///   verify.
  package static func write(
    _ source: any LogSource, anchors: [LogAnchorReport], to sink: @escaping ([UInt8]) throws -> Void
  ) throws {
    guard let outline = source.outline else { throw LogError(.empty, "there is no execution log to export") }
    var writer = LogBundleWriter(sink: sink)
    try writer.put(magic)
    try writer.header(outline, anchors: anchors)
    while let item = try source.next() { try writer.item(item) }
    let digest = writer.digest.finalize()
    try writer.frame(.end, Array(digest))
  }

  private init(sink: @escaping ([UInt8]) throws -> Void) { self.sink = sink }

  private mutating func put(_ bytes: [UInt8]) throws {
    digest.update(data: bytes)
    try sink(bytes)
  }

  private mutating func frame(_ type: Frame, _ bytes: [UInt8]) throws {
    var writer = LogValueWriter()
    writer.byte(type.rawValue)
    writer.integer(UInt32(bytes.count))
    writer.raw(bytes)
    try put(writer.bytes)
  }

  private mutating func header(
    _ outline: LogOutline, anchors: [LogAnchorReport]
  ) throws {
    var writer = LogValueWriter()
    writer.raw(outline.log.bytes)
    writer.integer(outline.floor?.number ?? 0)
    writer.raw((outline.floor?.root ?? .zero).bytes)
    writer.raw(outline.opening)
    try frame(.outline, writer.bytes)
    for rotation in outline.rotations {
      var writer = LogValueWriter()
      writer.integer(rotation.number)
      writer.raw(rotation.key)
      writer.raw(rotation.signature)
      try frame(.rotation, writer.bytes)
    }
    for anchor in anchors {
      guard let checkpoint = anchor.checkpoint else { continue }
      var writer = LogValueWriter()
      try writer.string(anchor.name)
      try writer.string(checkpoint.text)
      try frame(.anchor, writer.bytes)
    }
  }

  private mutating func item(_ item: LogItem) throws {
    switch item {
    case .record(let record):
      var writer = LogValueWriter()
      writer.integer(record.number)
      writer.raw(record.hash.bytes)
      writer.integer(UInt32(record.bytes.count))
      writer.raw(record.bytes)
      if let payload = record.payload {
        writer.raw(payload.salt)
        writer.raw(payload.bytes)
      }
      try frame(.record, writer.bytes)
    case .checkpoint(let checkpoint):
      try frame(.checkpoint, Array(checkpoint.text.utf8))
    }
  }
}
