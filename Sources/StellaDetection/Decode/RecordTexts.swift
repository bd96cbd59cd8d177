/// Makes text of records that are none. Thread-confined.
package protocol RecordTextWriter: AnyObject {
  /// The line of the record, without its ending. Valid until the next call.
  func text(of record: Bytes) -> Bytes
}

/// The text of those of a batch's records that are none, as far as somebody wanted it. Each view of a batch has its own, so that
/// nothing is shared between threads.
final class RecordTexts {
  private let writer: any RecordTextWriter
  private let arena = ByteArena(blockBytes: RecordTexts.blockBytes)
  /// Where the text of each row is; it means something where ``marks`` has the mark of now.
  private let starts: UnsafeMutablePointer<UnsafePointer<UInt8>> = .allocate(capacity: EventBatch.capacity)
  private let lengths: UnsafeMutablePointer<UInt32> = .allocate(capacity: EventBatch.capacity)
  private let marks: UnsafeMutablePointer<UInt32> = .allocate(capacity: EventBatch.capacity)
  private var mark: UInt32 = 1
  private var isEmpty = true

  /// A few texts are wanted of most batches.
  private static let blockBytes = 32 << 10

  init(_ writer: any RecordTextWriter) {
    self.writer = writer
    marks.initialize(repeating: 0, count: EventBatch.capacity)
  }

  deinit {
    starts.deallocate()
    lengths.deallocate()
    marks.deallocate()
  }

  /// The text of the record in row `row`. Valid until ``removeAll()``.
  func text(of row: Int, _ record: Bytes) -> Bytes {
    if marks[row] == mark { return Bytes(start: starts[row], count: Int(lengths[row])) }
    let text = writer.text(of: record)
    starts[row] = arena.copy(text)
    lengths[row] = UInt32(truncatingIfNeeded: text.count)
    marks[row] = mark
    isEmpty = false
    return Bytes(start: starts[row], count: text.count)
  }

  func removeAll() {
    if isEmpty { return }
    isEmpty = true
    arena.removeAll()
    mark &+= 1
    if mark == 0 {
      marks.update(repeating: 0, count: EventBatch.capacity)
      mark = 1
    }
  }
}
