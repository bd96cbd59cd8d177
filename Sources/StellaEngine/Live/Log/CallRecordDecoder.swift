import CStellaValue
import StellaDetection
import StellaModel

/// Decodes what log calls leave: records as ``LogRecordTag`` says straight into columns, and lines of JSON as any other. What comes of
/// a record is what would come of its line.
package final class CallRecordDecoder: Decoder {
  package let format = LogFormat.json
  private let json = JSONLineDecoder()
  private var plan = CallRecordPlan(FieldTable())
  private let names: HandlerNames
  private let texts: CallRecordText
  private let levels: [stella_value] = LogLevel.allCases.map(LevelWord.cell)

  /// - Parameter names: those of the buffer whose records are decoded.
  package init(_ names: HandlerNames) {
    self.names = names
    texts = CallRecordText(names)
  }

  package func prepare(_ fields: FieldTable) {
    json.prepare(fields)
    plan = CallRecordPlan(fields)
  }

  package func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    var line = first
    while line < block.count, !batch.isFull {
      if block.isRecord(line) {
        line = decodeRecords(block, from: line, into: batch, clock: clock, failures: failures)
        continue
      }
      var part = block
      part.count = line + 1
      while part.count < block.count, !block.isRecord(part.count) { part.count += 1 }
      line += json.decode(part, from: line, into: batch, clock: clock, failures: failures)
    }
    return line - first
  }

  /// Decodes records up to the next line that is text; returns where that is.
  private func decodeRecords(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    if batch.textWriter == nil { batch.textWriter = { [names] in CallRecordText(names) } }
    let plan = plan
    let arena = batch.arena
    var line = first
    while line < block.count, !batch.isFull, block.isRecord(line) {
      let record = block.line(line)
      let row = batch.count
      guard let time = fill(row, of: batch, from: UnsafeRawBufferPointer(record), plan) else {
        takeBack(row, of: batch, plan)
        failures.record(block, line, text: texts.text(of: record), reason: "the log call's record can't be read")
        line &+= 1
        continue
      }
      plan.convert(arena)
      batch.times[row] = time
      if let start = record.baseAddress { batch.records[row] = start }
      batch.recordLengths[row] = UInt32(truncatingIfNeeded: record.count) | EventBatch.recordBit
      batch.offsets[row] = block.offset(ofLine: line)
      batch.sources[row] = block.source
      batch.count = row &+ 1
      clock.previous = time
      line &+= 1
    }
    return line
  }

  /// Empties a row that was filled in part.
  @inline(never)
  private func takeBack(_ row: Int, of batch: EventBatch, _ plan: CallRecordPlan) {
    plan.convertNothing()
    batch.count = row + 1
    batch.truncate(to: row)
  }

  /// Fills a row; returns the record's time, or nil, with some of the row filled, for what can't be read, which
  /// ``DirectRecords`` doesn't allow.
  @inline(__always)
  private func fill(
    _ row: Int, of batch: EventBatch, from record: UnsafeRawBufferPointer, _ plan: CallRecordPlan
  ) -> Int64? {
    let cells = batch.cells + row
    var cursor = LogRecordCursor(record, at: 1)
    guard let level = cursor.number(UInt8.self), let flags = cursor.number(UInt8.self),
      let handler = cursor.number(UInt8.self), let line = cursor.number(UInt32.self),
      let time = cursor.number(Int64.self), let json = cursor.names(handler, names), let message = cursor.text(),
      let file = cursor.file(flags)
    else { return nil }
    if plan.timeColumn >= 0 { cells[plan.timeColumn &* EventBatch.capacity] = .integer(time) }
    if plan.levelColumn >= 0 { cells[plan.levelColumn &* EventBatch.capacity] = levels[min(Int(level), 6)] }
    if plan.time.count | plan.level.count != 0 { putTexts(time, level, cells, batch.arena, plan) }
    plan.put(.init(text: message), plan.message, into: cells)
    if plan.logger.count | plan.service.count != 0,
      let found = handler == HandlerNames.none ? CallNames(json) : names.parts(handler)
    {
      plan.put(.init(text: UnsafeRawBufferPointer(rebasing: json[found.logger])), plan.logger, into: cells)
      if let service = found.service {
        plan.put(.init(text: UnsafeRawBufferPointer(rebasing: json[service])), plan.service, into: cells)
      }
    }
    if flags & LogRecordTag.hasSource != 0 {
      guard let source = cursor.text() else { return nil }
      plan.put(.init(text: source), plan.source, into: cells)
    } else if plan.source.count != 0 {
      plan.put(.init(text: LogRecordText.module(of: file) ?? CallRecordDecoder.noSource), plan.source, into: cells)
    }
    if flags & LogRecordTag.hasError != 0 {
      guard let error = cursor.text(), let type = cursor.text() else { return nil }
      plan.put(.init(text: error), plan.error, into: cells)
      plan.put(.init(text: type), plan.errorType, into: cells)
    }
    plan.put(.init(text: file), plan.file, into: cells)
    plan.put(.init(integer: Int64(line)), plan.line, into: cells)
    while !cursor.isAtEnd {
      guard let name = cursor.text() else { return nil }
      let span = plan.span(of: name)
      if span.count == 0 {
        guard cursor.skipValue() else { return nil }
        continue
      }
      guard let value = CallRecordDecoder.value(&cursor) else { return nil }
      plan.put(value, span, into: cells)
    }
    return time
  }

  @inline(__always)
  private static func value(_ cursor: inout LogRecordCursor) -> CallRecordPlan.Value? {
    switch cursor.number(UInt8.self) {
    case LogRecordTag.text: cursor.text().map { .init(text: $0) }
    case LogRecordTag.integer: cursor.number(Int64.self).map { .init(integer: $0) }
    case LogRecordTag.unsigned: cursor.number(Int64.self).map { .init(integer: $0) }
    case LogRecordTag.double: cursor.number(UInt64.self).map { .init(kind: Int32(STELLA_DOUBLE), payload: $0) }
    case LogRecordTag.no: .init(kind: Int32(STELLA_BOOL), payload: 0)
    case LogRecordTag.yes: .init(kind: Int32(STELLA_BOOL), payload: 1)
    case LogRecordTag.json: cursor.text().flatMap { DirectRecords.integer($0) }.map { .init(integer: $0) }
    default: nil
    }
  }

  /// For columns that want time and level under these names as they stand in the line.
  @inline(never)
  private func putTexts(
    _ time: Int64, _ level: UInt8, _ cells: UnsafeMutablePointer<stella_value>, _ arena: ByteArena,
    _ plan: CallRecordPlan
  ) {
    let word = levels[min(Int(level), 6)]
    plan.put(.init(text: UnsafeRawBufferPointer(word.text)), plan.level, into: cells)
    var text = Timestamp.text(time)
    let kept = text.withUTF8 { Bytes(start: arena.copy($0), count: $0.count) }
    plan.put(.init(text: UnsafeRawBufferPointer(kept)), plan.time, into: cells)
  }

  private static var noSource: UnsafeRawBufferPointer {
    let none: StaticString = "n/a"
    return UnsafeRawBufferPointer(start: none.utf8Start, count: none.utf8CodeUnitCount)
  }

  // MARK: - As text

  package func text(of block: LineBlock, _ line: Int) -> UnsafeBufferPointer<UInt8> {
    block.isRecord(line) ? texts.text(of: block.line(line)) : block.line(line)
  }

  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event { json.event(record, time: time) }
}
