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

  init(_ rules: [String], workers: Int, lateness: Int64 = 3_000_000_000) throws {
    self.rules = rules
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

  /// Another one, with another number of workers, that goes on where this one stands, as a new process does.
  func reopened(workers: Int) throws -> WorkerStream {
    let next = try WorkerStream(rules, workers: workers, lateness: lateness)
    let resets = next.pipeline.rules.restore(pipeline.rules.save { _ in true })
    if let reset = resets.first { throw StateError(message: "\(reset)") }
    let writer = StateWriter()
    pipeline.saveStream(to: writer)
    var reader = StateReader(writer.bytes)
    try next.pipeline.restoreStream(from: &reader)
    next.pipeline.resumeSource(0)
    next.clock.previous = clock.previous
    return next
  }

  /// Puts `rules` in the place of those before.
  func reload(_ rules: [String]) throws -> [Alert] {
    self.rules = rules
    let set = RuleSet(sources: WorkerStream.sources(rules), fields: fields, previous: pipeline.rules)
    if !set.refusals.isEmpty { throw Refused(errors: set.refusals.flatMap(\.errors)) }
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

  func end() -> [Alert] {
    pipeline.endSource(0)
    return pipeline.finish()
  }
}
