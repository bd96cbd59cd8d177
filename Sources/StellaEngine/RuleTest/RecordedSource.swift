import StellaModel

/// A source whose bytes are all there from the start.
package final class RecordedSource: ByteSource {
  package let name: String
  private let bytes: [UInt8]
  private var offset = 0

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  package var key: String { name }
  package var position: SourcePosition { SourcePosition(identity: nil, offset: Int64(offset)) }
  package var modificationTime: Int64? { nil }
  package var trouble: SourceError? { nil }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    let count = min(buffer.count, bytes.count - offset)
    if count == 0 { return .end }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    offset += count
    return .bytes(count)
  }

  package func close() {}
}
