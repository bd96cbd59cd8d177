/// Masks blocks of lines on their way from a source to its decoder. Thread-confined.
///
/// The lines keep their places in the source, so that positions are those of what was read. A block without personal data goes
/// on as it is.
package final class LineMasker {
  private let masker: Masker
  private var bytes: [UInt8] = []
  private let buffer = ByteArena()
  private let starts: UnsafeMutablePointer<UInt32> = .allocate(capacity: LineSplitter.linesPerBlock)
  private let lengths: UnsafeMutablePointer<UInt32> = .allocate(capacity: LineSplitter.linesPerBlock)

  package init(_ masking: Masking) { masker = Masker(masking) }

  deinit {
    starts.deallocate()
    lengths.deallocate()
  }

  /// The block with its lines masked; valid until the next call, and as long as `block`.
  package func masked(_ block: LineBlock) -> LineBlock {
    var changed = false
    bytes.removeAll(keepingCapacity: true)
    for line in 0..<block.count {
      starts[line] = UInt32(truncatingIfNeeded: bytes.count)
      if masker.mask(block.line(line), into: &bytes) { changed = true } else { bytes += block.line(line) }
      lengths[line] = UInt32(truncatingIfNeeded: bytes.count - Int(starts[line]))
      bytes.append(0x0a)
    }
    guard changed else { return block }
    bytes += repeatElement(0, count: LineSplitter.padding)
    buffer.removeAll()
    var masked = block
    masked.base = bytes.withUnsafeBufferPointer { buffer.copy($0) }
    masked.textStarts = UnsafePointer(starts)
    masked.lengths = UnsafePointer(lengths)
    return masked
  }
}
