import CStellaValue
import StellaDetection
import StellaModel

/// The lines of a sample that are events, with what a rule could ask of them or count them by.
struct SampleLines {
  struct Line {
    /// Of the sample's bytes, without the line's end.
    let range: Range<Int>
    let level: LogLevel?
    let message: String
    /// By canonical name, and by the log's own where there is none; numbers and short texts only.
    let values: [String: FieldValue]
  }

  let bytes: [UInt8]
  private(set) var lines: [Line] = []
  /// Fields of the log that have no canonical name, in the order of their first appearance.
  private(set) var ownNames: [String] = []
  /// What the log calls fields that have a canonical name, where that is another.
  private(set) var writtenNames: [String: String] = [:]
  /// The line that could not be decoded first, and why.
  private(set) var failure: String?

  private static let canonical = [
    "service", "route", "status", "duration_ms", "src_ip", "user_id", "user", "host", "error_type", "event", "outcome",
  ]
  private static let textLimit = 100
  private static let known: [String: String] = Dictionary(
    FieldAliases.fields.flatMap { field in [(field.name, field.name)] + field.sources.map { ($0.name, field.name) } },
    uniquingKeysWith: { first, _ in first })

  /// Decodes the sample as a watch would. O(bytes).
  ///
  /// - Throws: a ``SourceError`` when it can't be read.
  init(_ sample: [UInt8]) throws(SourceError) {
    bytes = sample
    let fields = FieldRegister()
    for name in Self.canonical { _ = fields.table.column(of: name) }
    var found: [Line] = []
    var own: [String] = []
    var written: [String: String] = [:]
    let failures = try Self.read(sample, fields) { batch, reader in
      for row in 0..<batch.count {
        let event = reader.event(batch.record(row), time: batch.times[row])
        var values: [String: FieldValue] = [:]
        for (column, name) in Self.canonical.enumerated() where column < batch.columnCount {
          guard let value = batch.cell(column, row).pointee.plainValue, Self.isShort(value) else { continue }
          values[name] = value
        }
        for member in event.fields {
          guard let name = Self.known[member.name] else {
            guard Self.isName(member.name), Self.isShort(member.value) else { continue }
            if !own.contains(member.name) { own.append(member.name) }
            values[member.name] = member.value
            continue
          }
          if name != member.name, values[name] != nil, written[name] == nil { written[name] = member.name }
        }
        let start = Int(batch.offsets[row])
        let end = sample[start...].firstIndex(of: UInt8(ascii: "\n")) ?? sample.count
        found.append(Line(range: start..<end, level: event.level, message: event.message, values: values))
      }
    }
    lines = found
    ownNames = own
    writtenNames = written
    failure = failures.samples.first.map { "\($0.place): \($0.reason)" }
  }

  /// The fields that lines have, canonical names first.
  var names: [String] {
    let used = Self.canonical + ownNames
    return used.filter { name in lines.contains { $0.values[name] != nil } }
  }

  /// For each line whether the condition holds. O(bytes).
  func rows(_ condition: Expression) throws(SourceError) -> [Bool] {
    let fields = FieldRegister()
    let router = Router(filters: [condition], fields: &fields.table)
    var rows: [Bool] = []
    _ = try Self.read(bytes, fields) { batch, _ in
      router.route(batch)
      let filter = router.filter(of: 0)
      let isFound = router.matched.contains(filter)
      let bits = router.bits(filter)
      for row in 0..<batch.count { rows.append(isFound && bits[row >> 6] & (1 << UInt64(row & 63)) != 0) }
    }
    return rows
  }

  /// What is at a path such as `meta.code` in a line. O(line's bytes).
  func value(_ path: String, of line: Int) throws(SourceError) -> FieldValue? {
    var found: FieldValue?
    _ = try Self.read(Array(bytes[lines[line].range]), FieldRegister()) { batch, reader in
      guard batch.count > 0 else { return }
      var value = FieldValue.object(reader.event(batch.record(0), time: batch.times[0]).fields)
      for name in path.split(separator: ".") {
        guard case .object(let members) = value, let member = members.first(where: { $0.name == name }) else { return }
        value = member.value
      }
      found = value
    }
    return found
  }

  /// Shows the lines to who wants to know which fields they have. O(bytes).
  func note(in unseen: inout UnseenFields, of condition: Expression) {
    let fields = FieldRegister()
    for name in condition.fields { _ = fields.table.column(of: name) }
    var found = unseen
    _ = try? Self.read(bytes, fields) { batch, reader in
      found.note(batch, fields.table)
      for row in 0..<batch.count where found.wantsNames {
        found.note(reader.event(batch.record(row), time: batch.times[row]))
      }
    }
    unseen = found
  }

  /// The lines that `isWanted` says, each with its end.
  func text(_ isWanted: (Int) -> Bool) -> [UInt8] {
    var text: [UInt8] = []
    for (number, line) in lines.enumerated() where isWanted(number) {
      text += bytes[line.range]
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  private static func read(
    _ sample: [UInt8], _ fields: FieldRegister, _ body: (EventBatch, SourceReader) -> Void
  ) throws(SourceError) -> DecodeFailures {
    let batch = EventBatch(columnCount: fields.table.count)
    let reader = SourceReader(
      splitter: LineSplitter(source: RecordedSource(name: "sample", bytes: sample), index: 0), number: 0, format: .auto,
      clock: SourceClock(year: nil, reference: RuleTestRun.start), fields: fields, holdsJumps: false)
    while case .more = try reader.fill(batch) {
      body(batch, reader)
      batch.removeAll(columnCount: fields.table.count)
    }
    return reader.failures
  }

  private static func isShort(_ value: FieldValue) -> Bool {
    switch value {
    case .string(let text): !text.isEmpty && text.utf8.count <= textLimit
    case .integer, .double, .bool: true
    case .null, .object, .array: false
    }
  }

  /// Whether a rule can write it as a bare name.
  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first &- 48 >= 10 else { return false }
    return name.utf8.allSatisfy { $0 &- 48 < 10 || ($0 | 32) &- 97 < 26 || $0 == UInt8(ascii: "_") }
  }
}
