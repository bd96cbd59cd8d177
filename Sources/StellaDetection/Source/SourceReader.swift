import StellaModel

/// Turns one source into decoded events: splits lines, finds the format, decodes.
package final class SourceReader {
  package enum Progress {
    /// Events may have been added; call again after the batch was used and emptied.
    case more
    case idle
    case end
  }

  package let splitter: LineSplitter
  /// The number of the source in its engine.
  package let number: UInt16
  package let failures = DecodeFailures()
  package let clock: SourceClock
  package let decoder: any Decoder
  private let fields: FieldRegister
  private var preparedColumns = -1
  private var block: LineBlock?
  private var line = 0

  package var name: String { splitter.source.name }

  /// The first byte that was not turned into events yet.
  package var position: SourcePosition {
    if let block { splitter.position(ofLine: line, in: block) } else { splitter.position }
  }

  package init(
    splitter: LineSplitter, number: UInt16, format: LogFormat, clock: SourceClock, fields: FieldRegister
  ) {
    self.splitter = splitter
    self.number = number
    self.clock = clock
    self.fields = fields
    decoder = AutoDecoder.decoder(for: format)
  }

  /// What the format was taken to be and why, once that is decided.
  package var formatNotice: String? {
    guard let auto = decoder as? AutoDecoder, auto.detector.decided != nil || isEnded else { return nil }
    return auto.detector.summary
  }

  private var isEnded = false

  /// Adds events to `batch`, whose text stays valid until the next call. At most one block of lines is read.
  package func fill(_ batch: EventBatch) throws(SourceError) -> Progress {
    if block == nil {
      switch try splitter.next() {
      case .block(let next):
        block = next
        line = 0
      case .idle: return .idle
      case .end:
        isEnded = true
        return .end
      case .boundary: return .more
      }
    }
    guard let block else { return .more }
    if preparedColumns != batch.columnCount {
      decoder.prepare(fields.table)
      preparedColumns = batch.columnCount
    }
    line += decoder.decode(block, from: line, into: batch, clock: clock, failures: failures)
    if line >= block.count { self.block = nil }
    return .more
  }

  /// A record of this source with all its fields.
  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    decoder.event(record, time: time)
  }
}
