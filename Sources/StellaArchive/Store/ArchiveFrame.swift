import StellaModel

/// What files of the archive are made of: a head of fixed size, an index, and a body, each with a checksum.
struct ArchiveFrame {
  enum Kind: UInt32 {
    /// Compressed events; the index is a ``BlockSummary`` and a ``GramFilter``.
    case block = 1
    /// The end of a file with events: where its blocks are.
    case footer
    /// Events that wait for a block, not compressed.
    case tail
    /// Compressed counts.
    case counts
  }

  static let headBytes = 48
  /// Bytes that a part has at most.
  static let limit = 1 << 30
  private static let magic: UInt32 = 0x3156_4553

  var kind: Kind
  var indexCount: Int
  var bodyCount: Int
  /// Bytes of the body once it is expanded.
  var rawCount: Int
  var indexChecksum: UInt64
  var bodyChecksum: UInt64

  var count: Int { Self.headBytes + indexCount + bodyCount }

  static func encoded(_ kind: Kind, index: [UInt8], body: [UInt8], rawCount: Int) -> [UInt8] {
    var writer = RecordWriter()
    writer.reserve(headBytes + index.count + body.count)
    writer.fixed(magic)
    writer.fixed(kind.rawValue)
    writer.fixed(UInt32(index.count))
    writer.fixed(UInt32(body.count))
    writer.fixed(UInt32(rawCount))
    writer.fixed(UInt32(0))
    writer.fixed(index.withUnsafeBytes { StateBytes.checksum($0) })
    writer.fixed(body.withUnsafeBytes { StateBytes.checksum($0) })
    writer.fixed(writer.bytes.withUnsafeBytes { StateBytes.checksum($0) })
    writer.raw(index)
    writer.raw(body)
    return writer.bytes
  }

  /// Nil for what is no head.
  init?(head: UnsafeRawBufferPointer) {
    guard head.count >= Self.headBytes else { return nil }
    var reader = RecordReader(UnsafeRawBufferPointer(rebasing: head[..<Self.headBytes]))
    guard reader.fixed(UInt32.self) == Self.magic, let kind = Kind(rawValue: reader.fixed()) else { return nil }
    self.kind = kind
    indexCount = Int(reader.fixed(UInt32.self))
    bodyCount = Int(reader.fixed(UInt32.self))
    rawCount = Int(reader.fixed(UInt32.self))
    _ = reader.fixed(UInt32.self)
    indexChecksum = reader.fixed()
    bodyChecksum = reader.fixed()
    let checksum = StateBytes.checksum(UnsafeRawBufferPointer(rebasing: head[..<(Self.headBytes - 8)]))
    guard reader.fixed(UInt64.self) == checksum, max(indexCount, bodyCount, rawCount) <= Self.limit else { return nil }
  }

  func isIndex(_ bytes: UnsafeRawBufferPointer) -> Bool { StateBytes.checksum(bytes) == indexChecksum }

  func isBody(_ bytes: UnsafeRawBufferPointer) -> Bool { StateBytes.checksum(bytes) == bodyChecksum }

  /// The whole frame at the start of `bytes`, with its index and body; nil when it is cut off or damaged.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) -> (frame: ArchiveFrame, index: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer)? {
    guard let frame = ArchiveFrame(head: bytes), bytes.count >= frame.count else { return nil }
    let middle = headBytes + frame.indexCount
    let index = UnsafeRawBufferPointer(rebasing: bytes[headBytes..<middle])
    let body = UnsafeRawBufferPointer(rebasing: bytes[middle..<frame.count])
    guard frame.isIndex(index), frame.isBody(body) else { return nil }
    return (frame, index, body)
  }
}
