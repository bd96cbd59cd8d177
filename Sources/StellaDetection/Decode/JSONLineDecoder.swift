import CStellaJSON
import CStellaValue
import StellaModel

/// Decodes one JSON object per line. The lines of a block cross into C once; no String is made and, unless text has to be
/// unescaped or repaired, no byte is copied.
package final class JSONLineDecoder: Decoder {
  package let format = LogFormat.json

  private let json: OpaquePointer
  private let parser = JSONParser()
  private var columnCount = 0
  private var timeColumn: Int?
  private var levelColumn: Int?
  /// Columns some of whose names need a conversion.
  private var convertedColumns: [Int] = []
  private let rawTimes = UnsafeMutablePointer<stella_value>.allocate(capacity: EventBatch.capacity)
  private let rawLevels = UnsafeMutablePointer<stella_value>.allocate(capacity: EventBatch.capacity)
  private let failed = UnsafeMutablePointer<stella_json_failure>.allocate(capacity: JSONLineDecoder.failureCapacity)
  private static let failureCapacity = 256

  package init() {
    json = stella_json_create()
    rawTimes.initialize(repeating: stella_value(), count: EventBatch.capacity)
    rawLevels.initialize(repeating: stella_value(), count: EventBatch.capacity)
    prepare(FieldTable())
  }

  deinit {
    stella_json_destroy(json)
    rawTimes.deallocate()
    rawLevels.deallocate()
    failed.deallocate()
  }

  // MARK: The plan

  package func prepare(_ fields: FieldTable) {
    stella_json_clear_plan(json)
    columnCount = fields.count
    timeColumn = fields.existingColumn(of: "time")
    levelColumn = fields.existingColumn(of: "level")
    convertedColumns = []
    for (column, name) in fields.names.enumerated() where column != timeColumn && column != levelColumn {
      let candidates = FieldPath.candidates(of: name)
      add(candidates, column: Int32(column))
      if candidates.contains(where: { $0.conversion != .none }) { convertedColumns.append(column) }
    }
    add(JSONLineDecoder.timeCandidates, column: Int32(STELLA_JSON_TIME))
    if levelColumn != nil { add(JSONLineDecoder.levelCandidates, column: Int32(STELLA_JSON_LEVEL)) }
  }

  static let timeCandidates = FieldPath.candidates(of: "time")
  static let levelCandidates = FieldPath.candidates(of: "level")

  private func add(_ candidates: [FieldPath.Candidate], column: Int32) {
    for (priority, candidate) in candidates.prefix(127).enumerated() {
      var node: UInt32 = 0
      for key in candidate.path {
        var key = key
        node = key.withUTF8 { stella_json_plan_child(json, node, $0.baseAddress, UInt32($0.count)) }
      }
      let output = stella_json_output(
        column: column, priority: UInt8(priority), conversion: candidate.conversion.rawValue,
        canonical: candidate.isCanonical ? 1 : 0, reserved: 0)
      stella_json_plan_output(json, node, output)
    }
  }

  // MARK: Batches

  package func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int {
    decode(block, from: first, into: batch, clock: clock, failures: failures, stopAtRefusal: false).consumed
  }

  /// As `decode`; with `stopAtRefusal` it ends before a line that is no JSON object and says why, and nothing is counted.
  func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures,
    stopAtRefusal: Bool
  ) -> (consumed: Int, refusal: UInt32?) {
    var lines = stella_json_lines(
      base: block.base, starts: block.starts, text_starts: block.textStarts, lengths: block.lengths,
      first: UInt32(first), count: UInt32(block.count), first_offset: block.firstOffset, source: block.source)
    var arenaNeeded = 0
    while Int(lines.first) < block.count, !batch.isFull {
      let before = batch.count
      let arena = batch.arena.reserve(arenaNeeded)
      let start = Int(lines.first)
      var events = stella_json_events()
      describe(&events, batch, arena: arena)
      if stopAtRefusal { events.failure_capacity = 0 }
      lines.first += stella_json_decode(json, &lines, &events)
      if let begin = arena.baseAddress, let end = events.arena { batch.arena.commit(end - begin) }
      batch.count = Int(events.count)
      finish(batch, from: before, of: block, clock: clock, failures: failures)
      failures.countRepaired(Int(events.repaired), among: start..<Int(lines.first), of: block)
      for failure in UnsafeBufferPointer(start: failed, count: Int(events.failure_count)) {
        failures.record(block, Int(failure.line), reason: JSONLineDecoder.reason(failure.reason))
      }
      if events.status == STELLA_JSON_REFUSED.rawValue { return (Int(lines.first) - first, events.refused) }
      arenaNeeded = events.status == STELLA_JSON_ARENA_FULL.rawValue ? events.arena_needed : 0
    }
    return (Int(lines.first) - first, nil)
  }

  /// What an object within a line of another format says of the whole event.
  struct Found {
    var level: LogLevel?
    var time: Int64?
    /// One bit per ``TextField``: the object has a key of that name.
    var seen: UInt64
  }

  /// Makes ``decodeObject(_:into:clock:)`` report which text fields an object has.
  func prepareForObjects(_ fields: FieldTable) {
    prepare(fields)
    if levelColumn == nil { add(JSONLineDecoder.levelCandidates, column: Int32(STELLA_JSON_LEVEL)) }
    for field in TextField.allCases {
      var name = field.name
      let node = name.withUTF8 { stella_json_plan_child(json, 0, $0.baseAddress, UInt32($0.count)) }
      let column = Int32(STELLA_JSON_SEEN) - Int32(field.rawValue)
      stella_json_plan_output(
        json, node, stella_json_output(column: column, priority: 0, conversion: 0, canonical: 0, reserved: 0))
    }
  }

  /// Fills the row that the batch's count is about to become from an object within a line; nil, with the row empty, when
  /// `text` is no object. `text` must be part of a line of a ``LineBlock``.
  func decodeObject(_ text: Bytes, into batch: EventBatch, clock: SourceClock) -> Found? {
    guard let base = text.baseAddress, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else {
      return nil
    }
    let row = batch.count
    var start: UInt32 = 0
    var length = UInt32(text.count)
    let arena = batch.arena.reserve(16 * text.count + 512)
    var events = stella_json_events()
    let decoded = withUnsafePointer(to: &start) { start in
      withUnsafePointer(to: &length) { length in
        var lines = stella_json_lines(
          base: base, starts: start, text_starts: start, lengths: length, first: 0, count: 1, first_offset: 0, source: 0
        )
        describe(&events, batch, arena: arena)
        return stella_json_decode(json, &lines, &events) == 1 && Int(events.count) == row + 1
      }
    }
    if let start = arena.baseAddress, let end = events.arena { batch.arena.commit(end - start) }
    guard decoded else { return nil }
    let found = Found(
      level: LevelWord.level(of: rawLevels[row]), time: JSONLineDecoder.time(of: rawTimes[row], clock: clock),
      seen: events.seen)
    rawLevels[row] = stella_value()
    rawTimes[row] = stella_value()
    convert(batch, from: row, to: row + 1)
    return found
  }

  private func describe(
    _ events: inout stella_json_events, _ batch: EventBatch, arena: UnsafeMutableBufferPointer<UInt8>
  ) {
    events.cells = batch.cells
    events.columns = UInt32(columnCount)
    events.capacity = UInt32(batch.limit)
    events.stride = UInt32(EventBatch.capacity)
    events.count = UInt32(batch.count)
    events.raw_times = rawTimes
    events.raw_levels = rawLevels
    events.records = UnsafeMutableRawPointer(batch.records).assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
    events.record_lengths = batch.recordLengths
    events.offsets = batch.offsets
    events.sources = batch.sources
    events.arena = arena.baseAddress
    events.arena_end = arena.baseAddress.map { $0 + arena.count }
    events.failures = failed
    events.failure_capacity = UInt32(JSONLineDecoder.failureCapacity)
  }

  /// Times, levels and conversions of the rows from `first` on.
  private func finish(
    _ batch: EventBatch, from first: Int, of block: LineBlock, clock: SourceClock, failures: DecodeFailures
  ) {
    let times = batch.times
    for row in first..<batch.count {
      if let time = JSONLineDecoder.time(of: rawTimes[row], clock: clock) {
        times[row] = time
      } else {
        times[row] = clock.missing
        if Int(rawTimes[row].kind) == STELLA_STRING, rawTimes[row].length > 0 {
          failures.countUnreadTime(block, block.index(ofOffset: batch.offsets[row]), text: rawTimes[row].text)
        }
      }
      rawTimes[row] = stella_value()
    }
    if let levelColumn {
      let levels = batch.column(levelColumn)
      for row in first..<batch.count {
        let raw = rawLevels[row]
        rawLevels[row] = stella_value()
        if let level = levelMemory.level(of: raw) { levels[row] = LevelWord.cell(level) }
      }
    }
    if let timeColumn {
      let cells = batch.column(timeColumn)
      for row in first..<batch.count { cells[row] = .integer(times[row]) }
    }
    convert(batch, from: first, to: batch.count)
  }

  private func convert(_ batch: EventBatch, from first: Int, to end: Int) {
    for column in convertedColumns {
      let cells = batch.column(column)
      for row in first..<end where cells[row].reserved != 0 {
        FieldConversion(rawValue: cells[row].reserved)?.apply(cells + row, arena: batch.arena)
        cells[row].reserved = 0
      }
    }
  }

  static func reason(_ code: UInt32) -> String { String(cString: stella_json_reason(code)) }

  private var levelMemory = LevelMemory()

  static func time(of raw: stella_value, clock: SourceClock) -> Int64? {
    switch Int(raw.kind) {
    case STELLA_STRING: clock.read(whole: raw.text)
    case STELLA_INT: clock.read(epoch: raw.i)
    default: nil
    }
  }

  // MARK: Events

  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    guard case .object(let members)? = try? parser.parse(record) else {
      let text = String(decoding: record, as: UTF8.self)
      return Event(
        time: time, level: nil, message: text, service: nil, fields: [FieldValue.Member("message", .string(text))])
    }
    return Event(time: time, fields: members)
  }
}

extension Event {
  /// An event whose level, message and service are found in its fields.
  package init(time: Int64, fields: [FieldValue.Member]) {
    self.init(time: time, decodedLevel: Event.levelNamed(in: fields), fields: fields)
  }

  /// An event whose message and service are found in its fields.
  init(time: Int64, decodedLevel level: LogLevel?, fields: [FieldValue.Member]) {
    func text(_ candidates: [FieldPath.Candidate]) -> String? {
      switch FieldPath.value(at: candidates, in: fields) {
      case .string(let text)?: text
      case .null?, nil: nil
      case let value?: value.json
      }
    }
    self.init(
      time: time, level: level, message: text(Event.messageCandidates) ?? "",
      service: text(Event.serviceCandidates), fields: fields)
  }

  private static let messageCandidates = FieldPath.candidates(of: "message")
  private static let serviceCandidates = FieldPath.candidates(of: "service")

  static func levelNamed(in fields: [FieldValue.Member]) -> LogLevel? {
    switch FieldPath.value(at: JSONLineDecoder.levelCandidates, in: fields) {
    case .string(var text)?: text.withUTF8 { LevelWord.level($0) }
    case .integer(let number)?: LevelWord.level(number)
    default: nil
    }
  }
}
