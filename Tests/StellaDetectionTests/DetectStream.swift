import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection

/// A log of JSON lines, run through rules in cuts of any size.
struct DetectStream {
  /// Nanoseconds since the epoch where streams begin.
  static let start: Int64 = 1_767_225_600_000_000_000
  static let second: Int64 = 1_000_000_000

  private(set) var lines: [String] = []

  /// Appends an event at `seconds` after the start.
  mutating func add(_ seconds: Double, _ fields: String) {
    let time = DetectStream.start + Int64((seconds * 1e9).rounded())
    lines.append("{\"time\":\"\(Timestamp.text(time))\",\(fields)}")
  }

  struct Refused: Error { var messages: [String] }

  struct Outcome {
    /// Every transition, in order.
    var transitions: [Alert] = []
    var rules: RuleSet

    var fired: [Alert] { transitions.filter { $0.status == .firing } }
    var json: [String] { transitions.map(\.json) }
    func detector(_ id: String) -> Detector? { rules.rules.first { $0.manifest.id == id }?.detector }
  }

  /// Runs the stream through rule texts.
  ///
  /// - Parameters:
  ///   - cut: gives the number of lines of each next batch.
  ///   - advance: seconds that time goes on after the last event; nil ends the input there.
  func run(
    _ rules: [String], lateness: Int64 = 0, advance: Double? = nil, keySeed: UInt64 = 0, cut: () -> Int = { 1024 }
  ) throws -> Outcome {
    let fields = FieldRegister(keySeed: keySeed)
    let set = RuleSet(
      sources: rules.enumerated().map { RuleSource(file: "rule\($0.offset).lua", text: Array($0.element.utf8)) },
      fields: fields)
    if !set.refusals.isEmpty { throw Refused(messages: set.refusals.flatMap(\.errors).map(\.description)) }
    let decoder = JSONLineDecoder()
    let pipeline = Pipeline(rules: set, lateness: lateness) { _, record, time in decoder.event(record, time: time) }
    let source = pipeline.addSource("stream")
    let clock = SourceClock(reference: DetectStream.start)
    let failures = DecodeFailures()
    var outcome = Outcome(rules: set)
    pipeline.clear()
    var next = 0
    while next < lines.count {
      let end = min(lines.count, next + max(1, min(EventBatch.capacity, cut())))
      DetectStream.withBlock(lines[next..<end], source: source) { block in
        decoder.prepare(fields.table)
        _ = decoder.decode(block, from: 0, into: pipeline.batch, clock: clock, failures: failures)
        outcome.transitions += pipeline.process()
      }
      next = end
    }
    #expect(failures.count == 0)
    if let advance {
      let last = clock.previous ?? DetectStream.start
      outcome.transitions += pipeline.advance(to: last + Int64(advance * 1e9))
    } else {
      outcome.transitions += pipeline.finish()
    }
    return outcome
  }

  private static func withBlock(
    _ lines: ArraySlice<String>, source: UInt16, _ body: (LineBlock) -> Void
  ) {
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
            LineBlock(
              base: base, starts: first, lengths: length, count: starts.count, firstOffset: 0, source: source))
        }
      }
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere for a seed.
struct DetectRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
