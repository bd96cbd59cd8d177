import CStellaValue

/// Chooses what of a source's events is mined for templates: the message, where the format says what that is, else the
/// line without its header (``HeaderRecogniser``).
///
/// The first ``HeaderRecogniser/sampleLines`` events are held back until format and header are known.
package final class TemplateInput {
  /// An event that is ready to be mined. Its text is valid during the call only.
  package typealias Body = (_ text: UnsafeBufferPointer<UInt8>, _ time: Int64, _ offset: Int64) -> Void

  private struct Held {
    var record: [UInt8]
    var message: [UInt8]?
    var time: Int64
    var offset: Int64
  }

  /// Bytes of an event that are held back, and with them looked at.
  private static let heldBytes = 2 * TemplateLexer.byteLimit

  private let format: LogFormat
  private let column: Int
  private let header = HeaderRecogniser()
  private var held: [Held] = []
  private var isPlain: Bool?

  /// - Parameters:
  ///   - format: of the source, as it was given.
  ///   - column: that of `message`.
  package init(format: LogFormat, column: Int) {
    self.format = format
    self.column = column
  }

  /// Takes the event in a row of a batch that `decoder` filled.
  package func take(_ batch: EventBatch, _ row: Int, decoder: any Decoder, _ body: Body) {
    let cell = batch.cell(column, row).pointee
    let message = Int(cell.kind) == STELLA_STRING && cell.length > 0 ? cell.text : nil
    let record = batch.record(row)
    if let isPlain {
      body(text(record, message, isPlain: isPlain), batch.times[row], batch.offsets[row])
      return
    }
    header.learn(record)
    held.append(
      Held(
        record: Array(record.prefix(TemplateInput.heldBytes)),
        message: message.map { Array($0.prefix(TemplateInput.heldBytes)) }, time: batch.times[row],
        offset: batch.offsets[row]))
    if held.count >= HeaderRecogniser.sampleLines { finish(decoder: decoder, body) }
  }

  /// Decides with the events there are, and hands on those held back. At the end of the source, at the latest.
  package func finish(decoder: any Decoder, _ body: Body) {
    if isPlain != nil { return }
    let detected = (decoder as? AutoDecoder).map { $0.detector.decided ?? $0.detector.leader } ?? format
    let isPlain = detected == .plain
    self.isPlain = isPlain
    header.decide()
    for event in held {
      event.record.withUnsafeBufferPointer { record in
        if let message = event.message {
          message.withUnsafeBufferPointer { body(text(record, $0, isPlain: isPlain), event.time, event.offset) }
        } else {
          body(text(record, nil, isPlain: isPlain), event.time, event.offset)
        }
      }
    }
    held = []
  }

  private func text(
    _ record: UnsafeBufferPointer<UInt8>, _ message: UnsafeBufferPointer<UInt8>?, isPlain: Bool
  ) -> UnsafeBufferPointer<UInt8> {
    isPlain ? header.message(of: record) : message ?? record
  }
}
