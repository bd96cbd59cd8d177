import CStellaValue

/// Up to ``capacity`` decoded events as columns, in processing order.
///
/// `cell(column, index)` is one field of one event. Text cells point into the bytes the batch was decoded from or into
/// its own arena; both stay valid until ``removeAll()``. The owner is one thread; a batch is reused, never shared.
package final class EventBatch {
  /// Events of a full batch. 1,024 keeps a bitmap of a batch in 16 words and its bytes within a second-level cache.
  package static let capacity = 1024

  // Of one thread, and read and written for each event: looking whether two accesses overlap would take longer than these.
  @exclusivity(unchecked) package private(set) var columnCount: Int
  @exclusivity(unchecked) package var count = 0
  /// Event times, nanoseconds since the epoch.
  package let times: UnsafeMutablePointer<Int64>
  /// The raw record of each event, without its line ending. It may be no text: ``record(_:)`` gives text in any case.
  package let records: UnsafeMutablePointer<UnsafePointer<UInt8>>
  /// With ``recordBit`` where a record is no text.
  package let recordLengths: UnsafeMutablePointer<UInt32>
  /// Where the record starts in its source.
  package let offsets: UnsafeMutablePointer<Int64>
  /// Which source of the engine the record is from.
  package let sources: UnsafeMutablePointer<UInt16>
  /// Column-major: `cells[column * capacity + index]`.
  @exclusivity(unchecked) package private(set) var cells: UnsafeMutablePointer<stella_value>
  package let arena: ByteArena
  private let ownsMemory: Bool

  package init(columnCount: Int) {
    self.columnCount = columnCount
    let capacity = EventBatch.capacity
    arena = ByteArena()
    ownsMemory = true
    times = .allocate(capacity: capacity)
    records = .allocate(capacity: capacity)
    recordLengths = .allocate(capacity: capacity)
    offsets = .allocate(capacity: capacity)
    sources = .allocate(capacity: capacity)
    cells = .allocate(capacity: max(1, columnCount) * capacity)
    cells.initialize(repeating: stella_value(), count: max(1, columnCount) * capacity)
  }

  /// Another view of `batch`, to be read on one more thread while nobody writes to it: a shared object's reference count
  /// would go to and fro between the cores. See ``follow(_:)``.
  init(viewOf batch: EventBatch) {
    columnCount = batch.columnCount
    arena = batch.arena
    ownsMemory = false
    times = batch.times
    records = batch.records
    recordLengths = batch.recordLengths
    offsets = batch.offsets
    sources = batch.sources
    cells = batch.cells
  }

  /// Makes this view show what `batch`, of which it is one, holds now.
  func follow(_ batch: EventBatch) {
    cells = batch.cells
    columnCount = batch.columnCount
    count = batch.count
    texts?.removeAll()
    if batch.textWriter != nil { textWriter = batch.textWriter }
  }

  deinit {
    if !ownsMemory { return }
    times.deallocate()
    records.deallocate()
    recordLengths.deallocate()
    offsets.deallocate()
    sources.deallocate()
    cells.deallocate()
  }

  /// Events that make the batch full, at most ``capacity``.
  @exclusivity(unchecked) package var limit = EventBatch.capacity
  package var isFull: Bool { count >= limit }

  @inline(__always)
  package func column(_ column: Int) -> UnsafeMutablePointer<stella_value> {
    cells + column * EventBatch.capacity
  }

  @inline(__always)
  package func cell(_ column: Int, _ index: Int) -> UnsafeMutablePointer<stella_value> {
    cells + (column * EventBatch.capacity + index)
  }

  /// Is added to the length of a record that is no text.
  package static let recordBit: UInt32 = 1 << 31
  /// Makes text of records that are none; set by the decoder that adds such records.
  @exclusivity(unchecked) package var textWriter: (() -> any RecordTextWriter)?
  @exclusivity(unchecked) private var texts: RecordTexts?

  /// The raw record of event `index`, as text. Valid until ``removeAll()``, and of a view until it follows the next batch.
  package func record(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    let length = recordLengths[index]
    if length & EventBatch.recordBit != 0 { return text(index, length & ~EventBatch.recordBit) }
    return UnsafeBufferPointer(start: records[index], count: Int(length))
  }

  @inline(never)
  private func text(_ index: Int, _ length: UInt32) -> UnsafeBufferPointer<UInt8> {
    guard let textWriter else { preconditionFailure("nobody says how a record becomes text") }
    let texts = texts ?? RecordTexts(textWriter())
    self.texts = texts
    return texts.text(of: index, UnsafeBufferPointer(start: records[index], count: Int(length)))
  }

  /// Takes back the events from `row` on; what they have in the arena stays until ``removeAll(columnCount:)``.
  /// O(columns × events taken back).
  package func truncate(to row: Int) {
    for column in 0..<columnCount { cell(column, row).update(repeating: stella_value(), count: count - row) }
    count = row
    texts?.removeAll()
  }

  /// Takes events out; those behind move up. O(columns × events from there on).
  package func remove(_ rows: Range<Int>) {
    func moveUp<T>(_ values: UnsafeMutablePointer<T>) {
      (values + rows.lowerBound).update(from: values + rows.upperBound, count: count - rows.upperBound)
    }
    moveUp(times)
    moveUp(records)
    moveUp(recordLengths)
    moveUp(offsets)
    moveUp(sources)
    for column in 0..<columnCount { moveUp(self.column(column)) }
    truncate(to: count - rows.count)
  }

  /// Empties the batch and gives it `columnCount` columns, all missing. O(columns × events held).
  package func removeAll(columnCount: Int) {
    if columnCount > self.columnCount {
      cells.deallocate()
      cells = .allocate(capacity: columnCount * EventBatch.capacity)
      cells.initialize(repeating: stella_value(), count: columnCount * EventBatch.capacity)
      self.columnCount = columnCount
    } else {
      for column in 0..<self.columnCount {
        (cells + column * EventBatch.capacity).update(repeating: stella_value(), count: count)
      }
    }
    count = 0
    arena.removeAll()
    texts?.removeAll()
  }
}
