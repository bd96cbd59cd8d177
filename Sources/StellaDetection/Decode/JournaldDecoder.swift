import StellaModel

/// Decodes what `journalctl -o json` writes. The record of an event is the JSON line of its ``JournaldEntry``.
package final class JournaldDecoder: Decoder {
  package let format = LogFormat.journald
  private let entry = JournaldEntry()
  private let json = JSONLineDecoder()

  package init() {}

  package func prepare(_ fields: FieldTable) { json.prepare(fields) }

  package func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    var line = first
    while line < block.count, !batch.isFull {
      let text = block.line(line)
      let (index, offset) = (line, block.offset(ofLine: line))
      line += 1
      if TextLineDecoder.isBlank(text) { continue }
      guard var record = entry.line(text, clock: clock) else {
        failures.record(block, index, reason: "the line is no entry of journald")
        continue
      }
      // Without its end.
      let count = record.count - 1
      record[count] = 0
      record += [UInt8](repeating: 0, count: LineSplitter.padding)
      let base = record.withUnsafeBufferPointer { batch.arena.copy($0) }
      var (start, length) = (UInt32(0), UInt32(count))
      withUnsafePointer(to: &start) { start in
        withUnsafePointer(to: &length) { length in
          let own = LineBlock(
            base: base, starts: start, lengths: length, count: 1, firstOffset: offset, source: block.source,
            firstNumber: block.number(ofLine: index))
          _ = json.decode(own, from: 0, into: batch, clock: clock, failures: failures)
        }
      }
    }
    return line - first
  }

  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    // An event that waited because of its time is decoded anew from its line.
    guard let line = entry.line(record, clock: SourceClock(reference: time)) else {
      return json.event(record, time: time)
    }
    return line.dropLast().withUnsafeBufferPointer { json.event($0, time: time) }
  }
}
