import StellaModel

/// A source that gives what was added to it so far, and then waits for more.
final class GrowingSource: ByteSource {
  let name: String
  private var bytes: [UInt8] = []
  private var offset = 0
  private var given: Int64 = 0

  init(name: String) { self.name = name }

  var key: String { name }
  var position: SourcePosition { SourcePosition(identity: nil, offset: given) }
  var modificationTime: Int64? { nil }
  var trouble: SourceError? { nil }

  func add(_ more: some Sequence<UInt8>) {
    bytes.removeFirst(offset)
    offset = 0
    bytes += more
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    let count = min(buffer.count, bytes.count - offset)
    if count == 0 { return .idle }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    offset += count
    given += Int64(count)
    return .bytes(count)
  }

  func close() {}
}
