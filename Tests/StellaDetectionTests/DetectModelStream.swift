import StellaModel
import StellaScripting

@testable import StellaDetection

/// A rule set fed with JSON lines in batches of any size.
final class DetectModelStream {
  static let start: Int64 = 1_750_000_000_000_000_000

  struct Refused: Error { let errors: [RuleError] }

  let fields = FieldRegister()
  let pipeline: Pipeline
  private let decoder = JSONLineDecoder()
  private let clock = SourceClock(reference: DetectModelStream.start)
  private let failures = DecodeFailures()
  private var alerts: [Alert] = []

  private let rules: [String]
  private let lateness: Int64
  private let exceptions: [RuleException]

  init(_ rules: [String], lateness: Int64 = 5_000_000_000, exceptions: [RuleException] = []) throws {
    self.rules = rules
    self.lateness = lateness
    self.exceptions = exceptions
    let set = RuleSet(sources: DetectModelStream.sources(rules), exceptions: exceptions, fields: fields)
    let errors = set.refusals.flatMap(\.errors) + set.exceptionErrors
    if !errors.isEmpty { throw Refused(errors: errors) }
    let evidence = JSONLineDecoder()
    pipeline = Pipeline(rules: set, lateness: lateness) { _, record, time in evidence.event(record, time: time) }
    _ = pipeline.addSource("log")
  }

  /// Another one that goes on where this one stands, as a new process does.
  func reopened() throws -> DetectModelStream {
    let next = try DetectModelStream(rules, lateness: lateness, exceptions: exceptions)
    let saved = pipeline.rules.save { _ in true }
    let resets = next.pipeline.rules.restore(saved.merging(pipeline.rules.saveDecisions { _ in true }) { $1 })
    if let reset = resets.first { throw StateError(message: "\(reset)") }
    let writer = StateWriter()
    pipeline.saveStream(to: writer)
    var reader = StateReader(writer.bytes)
    try next.pipeline.restoreStream(from: &reader)
    next.pipeline.resumeSource(0)
    next.clock.previous = clock.previous
    return next
  }

  convenience init(_ rule: String, lateness: Int64 = 5_000_000_000) throws { try self.init([rule], lateness: lateness) }

  static func sources(_ rules: [String]) -> [RuleSource] {
    rules.enumerated().map { RuleSource(file: "rule\($0).lua", text: Array($1.utf8)) }
  }

  var detector: Detector { pipeline.rules.rules[0].detector }

  /// The transitions that `lines` cause, all in one batch as far as they fit.
  @discardableResult
  func feed(_ lines: [String]) -> [Alert] {
    var bytes: [UInt8] = []
    var starts: [UInt32] = []
    for line in lines {
      starts.append(UInt32(bytes.count))
      bytes += Array(line.utf8) + [10]
    }
    bytes += Array(repeating: 0, count: 64)
    let lengths = lines.map { UInt32($0.utf8.count) }
    var result: [Alert] = []
    bytes.withUnsafeBufferPointer { bytes in
      starts.withUnsafeBufferPointer { starts in
        lengths.withUnsafeBufferPointer { lengths in
          guard let base = bytes.baseAddress, let start = starts.baseAddress, let length = lengths.baseAddress else {
            return
          }
          let block = LineBlock(
            base: base, starts: start, lengths: length, count: lines.count, firstOffset: 0, source: 0)
          var consumed = 0
          while consumed < lines.count {
            pipeline.clear()
            decoder.prepare(fields.table)
            consumed += decoder.decode(block, from: consumed, into: pipeline.batch, clock: clock, failures: failures)
            result += pipeline.process()
          }
        }
      }
    }
    return result
  }

  /// Feeds `lines` cut into pieces of at most `most`, ends the input, and gives all transitions.
  func run(_ lines: [String], most: Int, _ random: inout SeededGenerator) -> [Alert] {
    var result: [Alert] = []
    var position = 0
    while position < lines.count {
      let count = min(lines.count - position, 1 + Int(random.next() % UInt64(most)))
      result += feed(Array(lines[position..<position + count]))
      position += count
    }
    return result + end()
  }

  func run(_ lines: [String]) -> [Alert] { feed(lines) + end() }

  func end() -> [Alert] {
    pipeline.endSource(0)
    return pipeline.finish()
  }

  /// An event `seconds` after ``start`` with `members` as more JSON.
  static func line(_ seconds: Double, _ members: String = "") -> String {
    let time = Timestamp.text(start + Int64((seconds * 1000).rounded()) * 1_000_000)
    return "{\"time\":\"\(time)\"" + (members.isEmpty ? "}" : ",\(members)}")
  }

  /// A rule of `id` for all events by `k` with more keys.
  static func rule(_ id: String = "r", _ keys: String) -> String {
    """
    return rule { api = 1, id = "\(id)", title = "T", severity = "low", where = "true", by = { "k" }, \(keys) }
    """
  }
}

extension Alert {
  /// The key's only member as text.
  var keyText: String { key.first.map { SummaryTemplate.text($0.value) } ?? "" }

  /// Seconds of the last event after the start of the stream.
  var lastSeconds: Double { Double(lastSeen - DetectModelStream.start) / 1e9 }
  var firstSeconds: Double { Double(firstSeen - DetectModelStream.start) / 1e9 }
}

/// Times in seconds and keys of a random stream.
struct DetectEvents {
  var times: [Double] = []
  var keys: [Int] = []
  var values: [Int] = []

  /// - Parameter disorder: percent of events that come up to four seconds late.
  init(_ random: inout SeededGenerator, count: Int, keys keyCount: Int, disorder: UInt64 = 0, step: Double = 1) {
    var now = 0.0
    for _ in 0..<count {
      let roll = random.next() % 1000
      now += roll < 2 ? 700 * step : Double(random.next() % 1000) / 1000 * step
      let late = random.chance(disorder) ? Double(random.next() % 4000) / 1000 : 0
      times.append(((now - late) * 1000).rounded() / 1000)
      // Few keys see most of the events.
      keys.append(random.chance(70) ? Int(random.next() % 5) : Int(random.next() % UInt64(keyCount)))
      values.append(Int(random.next() % 12))
    }
  }

  var lines: [String] {
    times.indices.map { DetectModelStream.line(times[$0], "\"k\":\"k\(keys[$0])\",\"v\":\(values[$0])") }
  }
}
