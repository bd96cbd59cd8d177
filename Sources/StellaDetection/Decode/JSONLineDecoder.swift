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
    decode(block, from: first, into: batch, clock: clock, failures: failures, fallback: nil)
  }

  /// As `decode`, but a line that doesn't begin like an object is offered to `fallback` before it counts as a failure.
  func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures,
    fallback: ((Int) -> Bool)?
  ) -> Int {
    var lines = stella_json_lines(
      base: block.base, starts: block.starts, lengths: block.lengths, first: UInt32(first), count: UInt32(block.count),
      first_offset: block.firstOffset, source: block.source)
    var arenaNeeded = 0
    while Int(lines.first) < block.count, !batch.isFull {
      let before = batch.count
      let arena = batch.arena.reserve(arenaNeeded)
      var events = stella_json_events()
      events.cells = batch.cells
      events.columns = UInt32(columnCount)
      events.capacity = UInt32(EventBatch.capacity)
      events.count = UInt32(before)
      events.raw_times = rawTimes
      events.raw_levels = rawLevels
      events.records = UnsafeMutableRawPointer(batch.records)
        .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
      events.record_lengths = batch.recordLengths
      events.offsets = batch.offsets
      events.sources = batch.sources
      events.arena = arena.baseAddress
      events.arena_end = arena.baseAddress.map { $0 + arena.count }
      events.failures = failed
      events.failure_capacity = UInt32(JSONLineDecoder.failureCapacity)
      lines.first += stella_json_decode(json, &lines, &events)
      if let start = arena.baseAddress, let end = events.arena { batch.arena.commit(end - start) }
      batch.count = Int(events.count)
      finish(batch, from: before, clock: clock)
      failures.countRepaired(Int(events.repaired))
      for failure in UnsafeBufferPointer(start: failed, count: Int(events.failure_count)) {
        let line = block.line(Int(failure.line))
        failures.record(
          line, offset: block.firstOffset + Int64(block.starts[Int(failure.line)]),
          reason: String(cString: stella_json_reason(failure.reason)))
      }
      arenaNeeded = events.status == STELLA_JSON_ARENA_FULL.rawValue ? events.arena_needed : 0
    }
    return Int(lines.first) - first
  }

  /// Times, levels and conversions of the rows from `first` on.
  private func finish(_ batch: EventBatch, from first: Int, clock: SourceClock) {
    let times = batch.times
    for row in first..<batch.count {
      times[row] = JSONLineDecoder.time(of: rawTimes[row], clock: clock) ?? clock.missing
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
    for column in convertedColumns {
      let cells = batch.column(column)
      for row in first..<batch.count where cells[row].reserved != 0 {
        FieldConversion(rawValue: cells[row].reserved)?.apply(cells + row)
        cells[row].reserved = 0
      }
    }
  }

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
  package init(time: Int64, level: LogLevel? = nil, fields: [FieldValue.Member]) {
    func text(_ candidates: [FieldPath.Candidate]) -> String? {
      switch FieldPath.value(at: candidates, in: fields) {
      case .string(let text)?: text
      case .null?, nil: nil
      case let value?: value.json
      }
    }
    self.init(
      time: time, level: level ?? Event.level(in: fields), message: text(Event.messageCandidates) ?? "",
      service: text(Event.serviceCandidates), fields: fields)
  }

  private static let messageCandidates = FieldPath.candidates(of: "message")
  private static let serviceCandidates = FieldPath.candidates(of: "service")

  private static func level(in fields: [FieldValue.Member]) -> LogLevel? {
    switch FieldPath.value(at: JSONLineDecoder.levelCandidates, in: fields) {
    case .string(var text)?: text.withUTF8 { LevelWord.level($0) }
    case .integer(let number)?: LevelWord.level(number)
    default: nil
    }
  }
}
