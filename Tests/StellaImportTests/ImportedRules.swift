import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection
@testable import StellaImport

/// Sigma texts taken through the import and run by the real engine.
enum ImportedRules {
  struct Refused: Error, CustomStringConvertible { var description: String }

  /// Fields as rules name them, log sources unchecked.
  static let plain = FieldMapping(name: "plain")

  static func imported(
    _ yaml: String, mappings: [FieldMapping] = [plain], placeholders: [String: [String]] = [:]
  ) -> [ImportedRule] {
    SigmaImport(mappings: mappings, placeholders: placeholders).run([("rules/test.yml", yaml)])
  }

  /// The texts of all rules that came out; fails when one was refused.
  static func texts(
    _ yaml: String, mappings: [FieldMapping] = [plain], placeholders: [String: [String]] = [:]
  ) throws -> [String] {
    try imported(yaml, mappings: mappings, placeholders: placeholders).flatMap { rule in
      if let refusal = rule.refusal { throw Refused(description: refusal.description) }
      return rule.files.map(\.text)
    }
  }

  /// A rule with this detection, its lines indented by four.
  static func rule(_ detection: String, source: String = "category: test") -> String {
    let lines = detection.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
    return """
      title: A test
      id: 00000000-0000-4000-8000-000000000001
      logsource:
          \(source)
      detection:
      \(lines.joined(separator: "\n"))
      level: high
      """
  }

  /// The positions of the events, given as the members of JSON objects, that a detection matches.
  static func matches(
    _ detection: String, _ events: [String], mappings: [FieldMapping] = [plain], source: String = "category: test",
    placeholders: [String: [String]] = [:]
  ) throws -> [Int] {
    let text = try #require(
      texts(rule(detection, source: source), mappings: mappings, placeholders: placeholders).first)
    return try events.indices.filter { index in try !matching([text], [events[index]])[0].isEmpty }
  }

  /// For each rule, the positions of the lines that its `where` and, if it has one, its `on` let through.
  static func matching(_ rules: [String], _ members: [String], runsFunctions: Bool = true) throws -> [[Int]] {
    try matchingLines(rules, members.map { "{\($0)}" }, runsFunctions: runsFunctions)
  }

  /// The positions of the events that the `where` of a rule lets through.
  static func matchingConditions(_ rule: String, _ members: [String]) throws -> [Int] {
    try matching([rule], members, runsFunctions: false)[0]
  }

  static func matchingLines(
    _ rules: [String], _ lines: [String], runsFunctions: Bool = true
  ) throws -> [[Int]] {
    let fields = FieldRegister()
    let set = RuleSet(
      sources: rules.enumerated().map { RuleSource(file: "\($0.offset).lua", text: Array($0.element.utf8)) },
      fields: fields)
    if let refusal = set.refusals.first { throw Refused(description: "\(refusal.errors)") }
    let router = Router(filters: set.rules.map(\.expression), fields: &fields.table)
    var found = Array(repeating: [Int](), count: rules.count)
    let decoder = JSONLineDecoder()
    decoder.prepare(fields.table)
    for start in stride(from: 0, to: lines.count, by: EventBatch.capacity) {
      let slice = lines[start..<min(lines.count, start + EventBatch.capacity)]
      let batch = EventBatch(columnCount: fields.table.count)
      let failures = DecodeFailures()
      withBlock(slice, source: 0) { block in
        _ = decoder.decode(
          block, from: 0, into: batch, clock: SourceClock(reference: ImportedStream.start), failures: failures)
        router.route(batch)
      }
      #expect(failures.count == 0 && batch.count == slice.count)
      for rule in rules.indices {
        let id = router.filter(of: rule)
        guard router.matched.contains(id) else { continue }
        found[rule] += (0..<batch.count).filter { router.bits(id)[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }.map {
          $0 + start
        }
      }
    }
    for rule in rules.indices where runsFunctions && set.rules[rule].manifest.on != nil {
      let text = rules[rule].replacing("  on =", with: "  suppress_for = \"0s\",\n  on =")
      let fired = try ImportedStream.firing(text, found[rule].map { lines[$0] })
      found[rule] = fired.map { found[rule][$0] }
    }
    return found
  }

  static func withBlock(_ lines: ArraySlice<String>, source: UInt16, _ body: (LineBlock) -> Void) {
    var bytes: [UInt8] = []
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    for line in lines {
      starts.append(UInt32(bytes.count))
      lengths.append(UInt32(line.utf8.count))
      bytes += Array(line.utf8) + [10]
    }
    bytes += Array(repeating: 0, count: 64)
    bytes.withUnsafeBufferPointer { bytes in
      starts.withUnsafeBufferPointer { starts in
        lengths.withUnsafeBufferPointer { lengths in
          guard let base = bytes.baseAddress, let first = starts.baseAddress, let length = lengths.baseAddress else {
            return
          }
          body(
            LineBlock(base: base, starts: first, lengths: length, count: starts.count, firstOffset: 0, source: source))
        }
      }
    }
  }
}

/// Events with times, run through whole rules.
struct ImportedStream {
  /// Nanoseconds since the epoch where streams begin.
  static let start: Int64 = 1_767_225_600_000_000_000
  private var lines: [String] = []

  /// Appends an event at `seconds` after the start.
  mutating func add(_ seconds: Int64, _ members: String) {
    lines.append("{\"time\":\"\(Timestamp.text(ImportedStream.start + seconds * 1_000_000_000))\",\(members)}")
  }

  /// The positions of the lines at which a rule fires.
  static func firing(_ rule: String, _ lines: [String]) throws -> [Int] {
    var positions: [Int] = []
    _ = try run([rule], lines) { position, alerts in
      if alerts.contains(where: { $0.status == .firing }) { positions.append(position) }
    }
    return positions
  }

  /// The alerts that fire, by the end of the stream and `advance` seconds more.
  func alerts(_ rules: [String], advance: Int64 = 0) throws -> [Alert] {
    var alerts: [Alert] = []
    let pipeline = try ImportedStream.run(rules, lines) { alerts += $1 }
    alerts += pipeline.advance(to: (pipeline.latestTime ?? ImportedStream.start) + advance * 1_000_000_000)
    #expect(pipeline.rules.failingRules.isEmpty)
    return alerts.filter { $0.status == .firing }
  }

  private static func run(
    _ rules: [String], _ lines: [String], _ body: (Int, [Alert]) -> Void
  ) throws -> Pipeline {
    let fields = FieldRegister()
    let set = RuleSet(
      sources: rules.enumerated().map { RuleSource(file: "\($0.offset).lua", text: Array($0.element.utf8)) },
      fields: fields)
    if let refusal = set.refusals.first { throw ImportedRules.Refused(description: "\(refusal.errors)") }
    let decoder = JSONLineDecoder()
    let pipeline = Pipeline(rules: set, lateness: 0) { _, record, time in decoder.event(record, time: time) }
    let source = pipeline.addSource("stream")
    pipeline.clear()
    let clock = SourceClock(reference: ImportedStream.start)
    for (position, line) in lines.enumerated() {
      ImportedRules.withBlock([line], source: source) { block in
        decoder.prepare(fields.table)
        _ = decoder.decode(block, from: 0, into: pipeline.batch, clock: clock, failures: DecodeFailures())
        body(position, pipeline.process())
      }
    }
    return pipeline
  }
}
