import StellaDetection
import StellaModel
import StellaScripting

@testable import StellaEngine

/// A rule set spread over workers with threads of their own, fed with JSON lines in batches of any size.
final class WorkerStream {
  static let start: Int64 = 1_750_000_000_000_000_000

  struct Refused: Error { let errors: [RuleError] }

  let pipeline: Pipeline
  private let fields = FieldRegister()
  private let lateness: Int64
  private let decoder = JSONLineDecoder()
  private let clock = SourceClock(reference: WorkerStream.start)
  private let failures = DecodeFailures()
  private var rules: [String]
  private var saved: Saved
  /// What each rule's count of changes was when it was saved.
  private var savedChanges: [String: Int] = [:]

  /// What a store would hold.
  private struct Saved {
    var rules: [String]
    var parts: [String: StateBytes] = [:]
    var stream: StateBytes?
    var previousTime: Int64?
  }

  init(_ rules: [String], workers: Int, lateness: Int64 = 3_000_000_000) throws {
    self.rules = rules
    saved = Saved(rules: rules)
    self.lateness = lateness
    let set = RuleSet(sources: WorkerStream.sources(rules), fields: fields, workers: workers)
    if !set.refusals.isEmpty { throw Refused(errors: set.refusals.flatMap(\.errors)) }
    let evidence = JSONLineDecoder()
    pipeline = Pipeline(
      rules: set, lateness: lateness, pool: workers > 1 ? try WorkerThreads(workers: workers) : nil
    ) { _, record, time in evidence.event(record, time: time) }
    _ = pipeline.addSource("log")
  }

  private static func sources(_ rules: [String]) -> [RuleSource] {
    rules.enumerated().map { RuleSource(file: "rule\($0).lua", text: Array($1.utf8)) }
  }

  /// Saves how this one stands, as the watch does: of the rules only those that have changed since the last time.
  func checkpoint() {
    let changes = pipeline.rules.rules.map { ($0.manifest.id, $0.detector.changes) }
    let changed = Set(changes.filter { savedChanges[$0.0] != $0.1 }.map(\.0))
    savedChanges = Dictionary(uniqueKeysWithValues: changes)
    let names = pipeline.rules.partNames
    saved.parts = saved.parts.filter { names.contains($0.key) }
    saved.parts.merge(pipeline.rules.save { changed.contains($0.manifest.id) }) { $1 }
    let writer = StateWriter()
    pipeline.saveStream(to: writer)
    saved.stream = writer.take()
    saved.previousTime = clock.previous
    saved.rules = rules
  }

  /// Another one, with another number of workers, that goes on from the last checkpoint, or from the start without one, as
  /// a new process does.
  func reopened(workers: Int) throws -> WorkerStream {
    let next = try WorkerStream(saved.rules, workers: workers, lateness: lateness)
    next.saved = saved
    guard let stream = saved.stream else { return next }
    if let reset = next.pipeline.rules.restore(saved.parts).first { throw StateError(message: "\(reset)") }
    var reader = StateReader(stream.bytes)
    try next.pipeline.restoreStream(from: &reader)
    next.pipeline.resumeSource(0)
    next.clock.previous = saved.previousTime
    return next
  }

  /// Puts `rules` in the place of those before.
  func reload(_ rules: [String]) throws -> [Alert] {
    self.rules = rules
    let set = RuleSet(sources: WorkerStream.sources(rules), fields: fields, previous: pipeline.rules)
    if !set.refusals.isEmpty { throw Refused(errors: set.refusals.flatMap(\.errors)) }
    savedChanges = [:]
    return pipeline.replace(set).alerts
  }

  /// The transitions that `lines` cause, all in one batch.
  func feed(_ lines: ArraySlice<String>) -> [Alert] {
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
          pipeline.clear()
          decoder.prepare(fields.table)
          _ = decoder.decode(block, from: 0, into: pipeline.batch, clock: clock, failures: failures)
          result = pipeline.process()
        }
      }
    }
    return result
  }

  /// Nothing comes for so long that time goes on by the clock.
  func rest(until time: Int64) -> [Alert] {
    pipeline.setSilent(0)
    return pipeline.advance(to: time)
  }

  func end() -> [Alert] {
    pipeline.endSource(0)
    return pipeline.finish()
  }
}
