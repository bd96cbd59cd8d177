import Glibc

/// Records that a ``RecordSource`` gives one by one, behind each other in one reused buffer: text lines, and records that only
/// their decoder reads. What ``LineSplitter`` makes a ``LineBlock`` of. The owner is one thread.
package final class RecordBuffer {
  /// Bytes of a line that are kept.
  package let lineLimit: Int
  // Of one thread, and looked at for each record.
  @exclusivity(unchecked) package private(set) var count = 0
  @exclusivity(unchecked) package private(set) var byteCount = 0
  /// Lines that were longer than ``lineLimit``.
  private(set) var cutLines: [Int] = []
  @exclusivity(unchecked) private var bytes: UnsafeMutablePointer<UInt8>?
  @exclusivity(unchecked) private(set) var capacity = 0
  private let starts: UnsafeMutablePointer<UInt32> = .allocate(capacity: LineSplitter.linesPerBlock)
  private let lengths: UnsafeMutablePointer<UInt32> = .allocate(capacity: LineSplitter.linesPerBlock)

  private static let firstBytes = 16 << 10
  /// No more than this is kept while nothing comes; less would have to grow again at each look while a host is busy.
  static let keptBytes = 512 << 10
  private static let fullBytes = LineSplitter.defaultReadBytes

  package init(lineLimit: Int = LineSplitter.defaultLineLimit) { self.lineLimit = lineLimit }

  deinit {
    free(bytes)
    starts.deallocate()
    lengths.deallocate()
  }

  package var isFull: Bool { count == LineSplitter.linesPerBlock || byteCount >= RecordBuffer.fullBytes }

  /// Adds a record as it is. There must be room: see ``isFull``.
  package func append(record: UnsafeRawBufferPointer) {
    append(record, length: UInt32(truncatingIfNeeded: record.count) | LineBlock.recordBit)
  }

  /// Adds a line of text, with or without its ending. There must be room: see ``isFull``.
  package func append(line: UnsafeRawBufferPointer) {
    var line = line
    if line.last == 0x0a { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
    if line.last == 0x0d { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
    if line.count > lineLimit {
      line = UnsafeRawBufferPointer(rebasing: line.prefix(lineLimit))
      cutLines.append(count)
    }
    append(line, length: UInt32(truncatingIfNeeded: line.count))
  }

  @inline(__always)
  private func append(_ record: UnsafeRawBufferPointer, length: UInt32) {
    let end = byteCount &+ record.count &+ 1
    if end &+ LineSplitter.padding > capacity { grow(to: end + LineSplitter.padding) }
    guard let bytes else { return }
    if let start = record.baseAddress { memcpy(bytes + byteCount, start, record.count) }
    // Lines that follow each other are decoded together.
    bytes[end &- 1] = 0x0a
    starts[count] = UInt32(truncatingIfNeeded: byteCount)
    lengths[count] = length
    byteCount = end
    count &+= 1
  }

  @inline(never)
  private func grow(to wanted: Int) {
    var size = max(capacity, RecordBuffer.firstBytes)
    while size < wanted { size *= 2 }
    guard let larger = realloc(bytes, size) else { fatalError("there is no memory for a block of records") }
    (bytes, capacity) = (larger.assumingMemoryBound(to: UInt8.self), size)
  }

  /// Empties it; what was in it is no longer valid.
  package func removeAll() {
    count = 0
    byteCount = 0
    cutLines.removeAll(keepingCapacity: true)
  }

  /// Gives back memory, when it is empty and nothing more comes for now.
  func release() {
    guard capacity > RecordBuffer.keptBytes else { return }
    free(bytes)
    (bytes, capacity) = (nil, 0)
  }

  /// Where the lines are, with readable bytes behind the last one; they stay there until ``removeAll()``.
  func finish() -> (
    base: UnsafeMutablePointer<UInt8>, starts: UnsafePointer<UInt32>, lengths: UnsafePointer<UInt32>
  ) {
    if bytes == nil { grow(to: LineSplitter.padding) }
    guard let bytes else { fatalError("there is no memory for a block of records") }
    (bytes + byteCount).update(repeating: 0, count: LineSplitter.padding)
    return (bytes, UnsafePointer(starts), UnsafePointer(lengths))
  }
}
