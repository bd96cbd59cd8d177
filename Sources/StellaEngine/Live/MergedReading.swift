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
  }

  private let inputs: [Input]

  init(_ readers: [SourceReader], columns: Int) {
    inputs = readers.map { Input(reader: $0, columns: columns) }
  }

  /// How many columns all inputs' events have at present; rules may have begun to read more.
  private var sharedColumns: Int { inputs.lazy.filter { !$0.isEnded }.map(\.batch.columnCount).min() ?? 0 }

  /// Fills the batch of `pipeline` and calls `use`, which must process it, until all is read or `isStopped` says so.
  func run(
    _ pipeline: Pipeline, isStopped: () -> Bool, ended: (SourceReader) -> Void, use: () throws(SourceError) -> Void
  ) throws(SourceError) {
    let batch = pipeline.batch
    for input in inputs { try refill(input, columns: pipeline.wantedColumns, ended: ended) }
    pipeline.columnLimit = sharedColumns
    pipeline.clear()
    while !isStopped() {
      var first: Input?
      for input in inputs where !input.isEnded {
        if let other = first, other.batch.times[other.next] <= input.batch.times[input.next] { continue }
        first = input
      }
      guard let input = first else { break }
      batch.append(input.next, of: input.batch)
      input.next += 1
      let isUsedUp = input.next == input.batch.count
      if batch.isFull || isUsedUp { try use() }
      if isUsedUp {
        try refill(input, columns: pipeline.wantedColumns, ended: ended)
        pipeline.columnLimit = sharedColumns
        pipeline.clear()
      }
    }
    if batch.count > 0 { try use() }
    pipeline.columnLimit = nil
  }

  /// Reads on until the input has events or has ended. Nothing may still refer to the events it had.
  private func refill(_ input: Input, columns: Int, ended: (SourceReader) -> Void) throws(SourceError) {
    input.next = 0
    repeat {
      input.batch.removeAll(columnCount: columns)
      switch try input.reader.fill(input.batch) {
      case .more: break
      case .idle, .end:
        input.isEnded = input.batch.count == 0
        if input.isEnded {
          ended(input.reader)
          return
        }
      }
    } while input.batch.count == 0
  }
}
