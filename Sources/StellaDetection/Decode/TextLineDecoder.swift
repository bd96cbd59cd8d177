import CStellaJSON
import CStellaValue
import StellaModel

/// Decodes every format but JSON: one grammar per format fills the wanted columns of a row, or the fields of an event.
package final class TextLineDecoder: Decoder {
  package let format: LogFormat
  private var plan = ColumnPlan(FieldTable())
  private let objects = JSONLineDecoder()
  private let parser = JSONParser()
  private var columnCount = 0
  private var sourceIPColumn: Int?

  /// `format` is anything but `auto` and `json`.
  package init(_ format: LogFormat) {
    self.format = format
    prepare(FieldTable())
  }

  package func prepare(_ fields: FieldTable) {
    plan = ColumnPlan(fields)
    columnCount = fields.count
    sourceIPColumn = fields.existingColumn(of: "src_ip")
    objects.prepareForObjects(fields)
  }

  package func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    var line = first
    while line < block.count, !batch.isFull {
      let outcome = decode(block, line: line, into: batch, clock: clock, failures: failures)
      let offset = block.firstOffset + Int64(block.starts[line])
      switch outcome {
      case .event:
        let row = batch.count
        batch.offsets[row] = offset
        batch.sources[row] = block.source
        batch.count += 1
      case .refused:
        failures.record(block, line, reason: "the line is not \(format.rawValue)")
      case .blank: break
      }
      line += 1
    }
    return line - first
  }

  enum Outcome { case event, refused, blank }

  /// Fills the row that `batch.count` is about to become, but for `offsets` and `sources`.
  @inline(__always)
  func decode(
    _ block: LineBlock, line: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Outcome {
    let record = block.line(line)
    guard let base = record.baseAddress, !TextLineDecoder.isBlank(record) else { return .blank }
    var text = record
    var repaired = false
    if stella_utf8_valid(base, record.count) == 0 {
      let room = batch.arena.allocate(3 * record.count + 64)
      text = Bytes(start: room, count: stella_utf8_repair(base, record.count, room))
      repaired = true
    }
    let row = batch.count
    let before = clock.previous
    var sink = ColumnSink(plan: plan, batch: batch, objects: objects, clock: clock)
    guard parse(text, into: &sink, clock: clock) else {
      clock.previous = before
      for column in 0..<columnCount { batch.cell(column, row).pointee = stella_value() }
      return .refused
    }
    if repaired { failures.countRepaired(1, among: line..<line + 1, of: block) }
    if sink.time == nil, let unread = sink.unreadTime { failures.countUnreadTime(block, line, text: unread) }
    let time = sink.time ?? before ?? clock.reference
    clock.previous = time
    batch.times[row] = time
    batch.records[row] = base
    batch.recordLengths[row] = UInt32(record.count)
    if plan.timeColumn >= 0 { batch.cell(Int(plan.timeColumn), row).pointee = .integer(time) }
    if plan.levelColumn >= 0, let level = sink.level {
      batch.cell(Int(plan.levelColumn), row).pointee = LevelWord.cell(level)
    }
    return .event
  }

  @inline(__always)
  private func parse<Sink: RecordSink>(_ text: Bytes, into sink: inout Sink, clock: SourceClock) -> Bool {
    switch format {
    case .syslog: SyslogGrammar.parse(text, into: &sink, clock: clock)
    case .combined: AccessLogGrammar.parse(text, into: &sink, clock: clock)
    case .nginxError: ErrorLogGrammar.parse(text, into: &sink, clock: clock)
    case .logfmt: LogfmtGrammar.parse(text, into: &sink, clock: clock)
    case .plain, .auto, .json, .journald: PlainGrammar.parse(text, into: &sink, clock: clock)
    }
  }

  static func isBlank(_ text: Bytes) -> Bool {
    for byte in text where byte != 32 && byte != 9 && byte != 13 { return false }
    return true
  }

  /// Whether the line can be read in this decoder's format.
  func recognises(_ record: Bytes) -> Bool {
    withRepaired(record) { text in
      var sink = EventSink(parser: parser)
      return parse(text, into: &sink, clock: SourceClock(reference: 0))
    }
  }

  /// Calls `body` with the record as valid UTF-8, with readable bytes after it, as a line of a block has.
  private func withRepaired<Result>(_ record: Bytes, _ body: (Bytes) -> Result) -> Result {
    let padded = Array(String(decoding: record, as: UTF8.self).utf8) + Array(repeating: 0, count: 64)
    return padded.withUnsafeBufferPointer { body($0.slice(0, $0.count - 64)) }
  }

  // MARK: Events

  package func event(_ record: Bytes, time: Int64) -> Event {
    withRepaired(record) { text in
      let clock = SourceClock(reference: time)
      clock.previous = time
      var sink = EventSink(parser: parser)
      guard parse(text, into: &sink, clock: clock) else {
        let message = FieldValue.string(String(decoding: text, as: UTF8.self))
        return Event(time: time, fields: [FieldValue.Member("message", message)])
      }
      return Event(time: time, decodedLevel: sink.level, fields: sink.members)
    }
  }

  package func event(of batch: EventBatch, at row: Int) -> Event {
    let event = event(batch.record(row), time: batch.times[row])
    // A message that doesn't name its client was given the address of its connection, which the record alone doesn't hold.
    guard let sourceIPColumn, sourceIPColumn < batch.columnCount,
      Int(batch.cell(sourceIPColumn, row).pointee.kind) == STELLA_STRING,
      FieldPath.value(of: "src_ip", in: event) == nil,
      let address = batch.cell(sourceIPColumn, row).pointee.plainValue
    else { return event }
    return Event(
      time: event.time, level: event.level, message: event.message, service: event.service,
      fields: event.fields + [FieldValue.Member("src_ip", address)])
  }
}
