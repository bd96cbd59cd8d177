/// Consecutive complete lines of one source, found but not yet decoded.
///
/// `base` holds the bytes of all lines and at least 64 readable bytes after the last one (the JSON parser reads in
/// blocks). Line `i` starts at `base + textStarts[i]` and is `lengths[i]` bytes long, without its line ending, at
/// `firstOffset + starts[i]` of the source. The two differ only where lines were masked.
///
/// Of a ``RecordSource`` a line may be no text but a record in a form that only its decoder reads: see ``isRecord(_:)``.
package struct LineBlock {
  package var base: UnsafePointer<UInt8>
  package var starts: UnsafePointer<UInt32>
  package var textStarts: UnsafePointer<UInt32>
  package var lengths: UnsafePointer<UInt32>
  package var count: Int
  package var firstOffset: Int64
  package var source: UInt16
  /// The number of the first line in its file, from 1; nil where nobody counted.
  package var firstNumber: Int?

  package init(
    base: UnsafePointer<UInt8>, starts: UnsafePointer<UInt32>, lengths: UnsafePointer<UInt32>, count: Int,
    firstOffset: Int64, source: UInt16, firstNumber: Int? = nil
  ) {
    self.base = base
    self.starts = starts
    textStarts = starts
    self.lengths = lengths
    self.count = count
    self.firstOffset = firstOffset
    self.source = source
    self.firstNumber = firstNumber
  }

  /// The source's offset of the first byte of line `index`.
  package func offset(ofLine index: Int) -> Int64 { firstOffset + Int64(starts[index]) }

  /// Its number in its file, from 1; nil where nobody counted.
  package func number(ofLine index: Int) -> Int? { firstNumber.map { $0 + index } }

  /// The line that begins at an offset of the source, or the last one before it. O(log lines).
  func index(ofOffset offset: Int64) -> Int {
    let start = UInt32(truncatingIfNeeded: offset - firstOffset)
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= start { low = middle } else { high = middle }
    }
    return low
  }

  /// Is added to the length of a line that is no text.
  package static let recordBit: UInt32 = 1 << 31

  /// Whether a line is a record that only its decoder reads.
  @inline(__always)
  package func isRecord(_ index: Int) -> Bool { lengths[index] & LineBlock.recordBit != 0 }

  /// The bytes of a line, be they text or not.
  @inline(__always)
  package func line(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + Int(textStarts[index]), count: Int(lengths[index] & ~LineBlock.recordBit))
  }
}
