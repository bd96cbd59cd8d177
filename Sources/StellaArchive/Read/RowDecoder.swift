import CStellaValue
import StellaDetection
import StellaModel

/// Decodes records once more for some of their fields, as detection did. Thread-confined.
final class RowDecoder {
  /// Lines that a source whose format is open may have in a batch: what a line is must not depend on those before it.
  private static let openLines = FormatDetector.sampleLines - 1

  let fields: FieldTable
  let batch: EventBatch
  private var decoders: [EventSource: any Decoder] = [:]
  private let failures = DecodeFailures()
  private let masker: LineMasker?
  private var rowOf: [Int] = []

  /// - Parameter masking: what is taken out of the records before; nil for nothing.
  init(_ fields: FieldTable, masking: Masking? = nil) {
    self.fields = fields
    batch = EventBatch(columnCount: fields.count)
    masker = masking.map { LineMasker($0) }
  }

  /// Calls `body` with the batch for some of the lines after the others, and for each event of it the place of its line.
  ///
  /// - Parameters:
  ///   - bytes: of all lines, with ``LineSplitter/padding`` behind them.
  ///   - starts: ascending.
  func forEachBatch(
    _ source: EventSource, bytes: UnsafePointer<UInt8>, starts: [UInt32], lengths: [UInt32],
    _ body: (EventBatch, [Int]) -> Void
  ) {
    let decoder = decoder(of: source)
    let step = source.isOpen ? Self.openLines : EventBatch.capacity
    starts.withUnsafeBufferPointer { starts in
      lengths.withUnsafeBufferPointer { lengths in
        guard let startBase = starts.baseAddress, let lengthBase = lengths.baseAddress else { return }
        var first = 0
        while first < starts.count {
          let count = min(step, starts.count - first)
          if source.isOpen { (decoder as? AutoDecoder)?.detector = FormatDetector() }
          batch.removeAll(columnCount: fields.count)
          let block = LineBlock(
            base: bytes, starts: startBase + first, lengths: lengthBase + first, count: count, firstOffset: 0,
            source: 0)
          _ = decoder.decode(
            masker?.masked(block) ?? block, from: 0, into: batch, clock: SourceClock(reference: 0), failures: failures)
          // What an event is called by its place leads back to its line.
          rowOf.removeAll(keepingCapacity: true)
          var line = first
          for event in 0..<batch.count {
            while line < first + count - 1, Int64(starts[line]) < batch.offsets[event] { line += 1 }
            rowOf.append(line)
          }
          if let service = source.service, let column = fields.existingColumn(of: "service") {
            batch.nameMissing(Array(service.utf8), column: column)
          }
          body(batch, rowOf)
          first += count
        }
      }
    }
  }

  /// The event of a record, with all its fields.
  func event(_ source: EventSource, _ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    let decoder = decoder(of: source)
    if source.isOpen { (decoder as? AutoDecoder)?.detector = FormatDetector() }
    let event = decoder.event(record, time: time)
    guard let name = source.service, event.service == nil else { return event }
    return Event(
      time: event.time, level: event.level, message: event.message, service: name,
      fields: event.fields + [.init("service", .string(name))])
  }

  private func decoder(of source: EventSource) -> any Decoder {
    if let known = decoders[source] { return known }
    let decoder = source.makeDecoder()
    decoder.prepare(fields)
    decoders[source] = decoder
    return decoder
  }
}
