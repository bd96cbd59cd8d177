import CStellaValue
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
  private let service: [UInt8]?
  private var preparedColumns = -1
  private var block: LineBlock?
  private var line = 0
  private var isEnded = false

  package var name: String { splitter.source.name }

  /// Where the first event begins that was decoded but not used yet; nil when there is none. Set by whoever keeps events
  /// beyond a call of ``fill(_:)``.
  package var heldBack: Int64?

  /// The first byte that was not turned into events, or whose event was not used yet.
  package var position: SourcePosition {
    var position = block.map { splitter.position(ofLine: line, in: $0) } ?? splitter.position
    if let heldBack { position.offset = heldBack }
    return position
  }

  /// - Parameter service: the service of events that name none.
  package init(
    splitter: LineSplitter, number: UInt16, format: LogFormat, service: String? = nil, clock: SourceClock,
    fields: FieldRegister
  ) {
    self.service = service.map { Array($0.utf8) }
    self.splitter = splitter
    self.number = number
    self.clock = clock
    self.fields = fields
    decoder = AutoDecoder.decoder(for: format)
  }

  /// What the format was taken to be and why, once that is decided or the source has ended.
  package var formatNotice: String? {
    guard let auto = decoder as? AutoDecoder, auto.detector.decided != nil || isEnded && auto.detector.lines > 0 else {
      return nil
    }
    return auto.detector.summary
  }

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
      decoder.prepare(fields.table.prefix(batch.columnCount))
      preparedColumns = batch.columnCount
    }
    let first = batch.count
    line += decoder.decode(block, from: line, into: batch, clock: clock, failures: failures)
    if let service, let column = fields.table.existingColumn(of: "service"), column < batch.columnCount {
      name(service, in: batch, column: column, from: first)
    }
    if line >= block.count { self.block = nil }
    return .more
  }

  /// A record of this source with all its fields.
  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    let event = decoder.event(record, time: time)
    guard let service, event.service == nil else { return event }
    let name = String(decoding: service, as: UTF8.self)
    return Event(
      time: event.time, level: event.level, message: event.message, service: name,
      fields: event.fields + [.init("service", .string(name))])
  }

  private func name(_ service: [UInt8], in batch: EventBatch, column: Int, from first: Int) {
    let text = service.withUnsafeBufferPointer { batch.arena.copy($0) }
    for index in first..<batch.count where batch.cell(column, index).pointee.kind == STELLA_MISSING {
      var cell = stella_value()
      cell.p = text
      cell.length = UInt32(service.count)
      cell.kind = UInt8(STELLA_STRING)
      batch.cell(column, index).pointee = cell
    }
  }
}
