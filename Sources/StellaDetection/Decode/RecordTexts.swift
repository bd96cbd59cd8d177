/// Makes text of records that are none. Thread-confined.
package protocol RecordTextWriter: AnyObject {
  /// The line of the record, without its ending. Valid until the next call.
  func text(of record: Bytes) -> Bytes
}

/// The text of those of a batch's records that are none, as far as somebody wanted it. Each view of a batch has its own, so that
/// nothing is shared between threads.
final class RecordTexts {
  private let writer: any RecordTextWriter
  private let arena = ByteArena()
  private var known: [Int: Bytes] = [:]

  init(_ writer: any RecordTextWriter) { self.writer = writer }

  /// The text of the record in row `row`. Valid until ``removeAll()``.
  func text(of row: Int, _ record: Bytes) -> Bytes {
    if let known = known[row] { return known }
    let text = writer.text(of: record)
    let copy = Bytes(start: arena.copy(text), count: text.count)
    known[row] = copy
    return copy
  }

  func removeAll() {
    if known.isEmpty { return }
    known.removeAll(keepingCapacity: true)
    arena.removeAll()
  }
}
