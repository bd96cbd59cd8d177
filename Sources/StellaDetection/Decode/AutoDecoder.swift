import StellaModel

/// Decodes a source whose format nobody named: see ``FormatDetector``. A line that doesn't fit the source's format is
/// counted and decoded as what it looks like, at last as plain text; only what begins like a JSON object and isn't one is a
/// failure.
package final class AutoDecoder: Decoder {
  package let format = LogFormat.auto
  /// What is known of the source; part of a checkpoint.
  package var detector: FormatDetector

  private let json = JSONLineDecoder()
  private lazy var journald = {
    let made = JournaldDecoder()
    made.prepare(fields)
    hasJournald = true
    return made
  }()
  private var hasJournald = false
  private var texts: [LogFormat: TextLineDecoder] = [:]
  private let classifier = LineClassifier()
  private var fields = FieldTable()

  package init(detector: FormatDetector = FormatDetector()) { self.detector = detector }

  /// A decoder of the format that a source was given, or one that finds it out.
  package static func decoder(for format: LogFormat) -> any Decoder {
    switch format {
    case .auto: AutoDecoder()
    case .json: JSONLineDecoder()
    case .journald: JournaldDecoder()
    default: TextLineDecoder(format)
    }
  }

  package func prepare(_ fields: FieldTable) {
    self.fields = fields
    json.prepare(fields)
    if hasJournald { journald.prepare(fields) }
    for text in texts.values { text.prepare(fields) }
  }

  private func text(_ format: LogFormat) -> TextLineDecoder {
    if let known = texts[format] { return known }
    let made = TextLineDecoder(format)
    made.prepare(fields)
    texts[format] = made
    return made
  }

  package func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    var line = first
    while line < block.count, !batch.isFull {
      let format: LogFormat
      var end = block.count
      if let decided = detector.decided {
        format = decided
      } else {
        let text = block.line(line)
        if TextLineDecoder.isBlank(text) {
          line += 1
          continue
        }
        format = classifier.format(of: text)
        detector.count(format)
        end = line + 1
      }
      var part = block
      part.count = end
      if format == .json {
        let (consumed, refusal) = json.decode(
          part, from: line, into: batch, clock: clock, failures: failures, stopAtRefusal: true)
        line += consumed
        if let refusal {
          refused(block, line, refusal, into: batch, clock: clock, failures: failures)
          line += 1
        }
      } else if format == .journald {
        line += journald.decode(part, from: line, into: batch, clock: clock, failures: failures)
      } else {
        line = decodeText(part, from: line, text(format), into: batch, clock: clock, failures: failures)
      }
    }
    return line - first
  }

  private func refused(
    _ block: LineBlock, _ line: Int, _ reason: UInt32, into batch: EventBatch, clock: SourceClock,
    failures: DecodeFailures
  ) {
    let text = block.line(line)
    if text.trimmed().first == UInt8(ascii: "{") {
      failures.record(block, line, reason: JSONLineDecoder.reason(reason))
      return
    }
    var part = block
    part.count = line + 1
    failures.countFallback(block, line)
    _ = self.text(fallback(text)).decode(part, from: line, into: batch, clock: clock, failures: failures)
  }

  /// The format of a line that its source's decoder refused. Most such lines are continuations (stack traces), told from
  /// others by their first bytes.
  private func fallback(_ line: Bytes) -> LogFormat {
    guard let first = line.first else { return .plain }
    if first != UInt8(ascii: "<"), TimestampScanner.scan(line.from(first == UInt8(ascii: "[") ? 1 : 0)) == nil,
      !(first &- 48 < 10)
    {
      return .plain
    }
    let format = classifier.format(of: line)
    return format == .json || format == .journald ? .plain : format
  }

  private func decodeText(
    _ block: LineBlock, from first: Int, _ decoder: TextLineDecoder, into batch: EventBatch, clock: SourceClock,
    failures: DecodeFailures
  ) -> Int {
    var line = first
    while line < block.count, !batch.isFull {
      let text = block.line(line)
      var outcome = decoder.decode(block, line: line, into: batch, clock: clock, failures: failures)
      if outcome == .refused {
        failures.countFallback(block, line)
        outcome = self.text(fallback(text)).decode(
          block, line: line, into: batch, clock: clock, failures: failures)
      }
      if outcome == .event {
        batch.offsets[batch.count] = block.firstOffset + Int64(block.starts[line])
        batch.sources[batch.count] = block.source
        batch.count += 1
      }
      line += 1
    }
    return line
  }

  // MARK: Events

  package func event(_ record: Bytes, time: Int64) -> Event { decoder(for: record).event(record, time: time) }

  package func event(of batch: EventBatch, at row: Int) -> Event {
    decoder(for: batch.record(row)).event(of: batch, at: row)
  }

  /// Which decoder made an event of the record.
  private func decoder(for record: Bytes) -> any Decoder {
    let format = detector.decided ?? classifier.format(of: record)
    if format == .json || format == .journald {
      return record.trimmed().first == UInt8(ascii: "{") ? json : text(fallback(record))
    }
    let decoder = text(format)
    return decoder.recognises(record) ? decoder : text(fallback(record))
  }
}
