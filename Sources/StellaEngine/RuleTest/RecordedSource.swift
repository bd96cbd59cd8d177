import StellaModel

/// A source whose bytes are all there from the start.
final class RecordedSource: ByteSource {
  let name: String
  private let bytes: [UInt8]
  private var offset = 0

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  var key: String { name }
  var position: SourcePosition { SourcePosition(identity: nil, offset: Int64(offset)) }
  var modificationTime: Int64? { nil }
  var trouble: SourceError? { nil }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    let count = min(buffer.count, bytes.count - offset)
    if count == 0 { return .end }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    offset += count
    return .bytes(count)
  }

  func close() {}
}
