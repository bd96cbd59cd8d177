import StellaDetection
import StellaModel

/// Reads several files to their ends as one stream, ordered by time, then by the files' order, then by offset.
///
/// The order is a merge: within a file events keep their order, also where its times go backwards. O(files) per event.
final class MergedReading {
  private final class Input {
    let reader: SourceReader
    var batch: EventBatch
    var next = 0
    var isEnded = false

    init(reader: SourceReader, columns: Int) {
      self.reader = reader
      batch = EventBatch(columnCount: columns)
    }

    var isUsedUp: Bool { next == batch.count }

    /// Tells the reader from where on its events were not used yet.
    func holdBack() { reader.usedEvents = isEnded || isUsedUp ? nil : next }
  }

  private let inputs: [Input]

  init(_ readers: [SourceReader], columns: Int) {
    inputs = readers.map { Input(reader: $0, columns: columns) }
  }

  /// How many columns all inputs' events have at present; rules may have begun to read more.
  private var sharedColumns: Int { inputs.lazy.filter { !$0.isEnded }.map(\.batch.columnCount).min() ?? 0 }

  /// Fills the consumer's batch and has it used, until all is read or `isStopped`, which is asked between batches, says so.
  func run(
    _ consumer: any EventConsumer, isStopped: () throws -> Bool, wait: () throws -> Void,
    ended: (SourceReader) -> Void, used: () -> Void
  ) throws {
    let batch = consumer.batch
    for input in inputs { try refill(input, columns: consumer.fields.table.count, wait: wait, ended: ended) }
    consumer.columnLimit = sharedColumns
    consumer.clear()
    while try !isStopped(), let last = fill(batch) {
      try consumer.consume()
      for input in inputs { input.holdBack() }
      used()
      if last.isUsedUp {
        try refill(last, columns: consumer.fields.table.count, wait: wait, ended: ended)
        consumer.columnLimit = sharedColumns
        consumer.clear()
      }
    }
    consumer.columnLimit = nil
  }

  /// Puts events into `batch` in the order of the merge, until it is full or an input has no more. Returns the input of
  /// the last event, nil when all have ended.
  private func fill(_ batch: EventBatch) -> Input? {
    while true {
      var first: Input?
      for input in inputs where !input.isEnded {
        if let other = first, other.batch.times[other.next] <= input.batch.times[input.next] { continue }
        first = input
      }
      guard let input = first else { return nil }
      batch.append(input.next, of: input.batch)
      input.next += 1
      if batch.isFull || input.isUsedUp { return input }
    }
  }

  /// Reads on until the input has events or has ended. Nothing may still refer to the events it had.
  private func refill(
    _ input: Input, columns: Int, wait: () throws -> Void, ended: (SourceReader) -> Void
  ) throws {
    input.next = 0
    repeat {
      input.batch.removeAll(columnCount: columns)
      switch try input.reader.fill(input.batch) {
      case .more: break
      case .idle: try wait()
      case .end:
        input.isEnded = true
        ended(input.reader)
        return
      }
    } while input.batch.count == 0
    input.holdBack()
  }
}
