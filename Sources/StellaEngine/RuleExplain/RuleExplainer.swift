import StellaDetection
import StellaModel
import StellaScripting

/// Runs rules over a log up to one event, and says of each rule what that event did to it.
///
/// Nothing reaches outside: no state is read or written. To be used on the engine's thread. O(events), as a watch is.
package struct RuleExplainer {
  package struct Failure: Error, Sendable {
    package let message: String
  }

  /// How the log is read; as for a watch.
  package struct Reading: Sendable {
    package var format = LogFormat.auto
    package var zone = ZoneRules.utc
    package var year: Int?
    /// When the file was last changed, nanoseconds since the epoch: the year of times without one.
    package var reference: Int64 = 0
    /// Nanoseconds that timers wait for events that come out of order.
    package var lateness: Int64 = 5_000_000_000

    package init() {}
  }

  package struct Report: Sendable {
    package let event: Event
    /// From 1.
    package let line: Int
    /// Events before it.
    package let history: Int
    /// What was wrong with the lines up to it.
    package let damage: WatchSummary
    /// In the order of rules.
    package let rules: [RuleExplanation]
  }

  /// - Parameters:
  ///   - line: of the event, from 1; nil for the last line that isn't empty.
  ///   - mute: what keeps an alert of a rule for a key from being told at a time.
  ///   - rules: loaded with `tracesLines`, so that their scripts tell which lines ran; nothing may have happened in them.
  package static func explain(
    _ log: [UInt8], name: String, line: Int?, rules: RuleSet, reading: Reading,
    mute: (_ rule: String, _ key: [FieldValue.Member], _ time: Int64) -> Mute? = { _, _, _ in nil }
  ) throws(Failure) -> Report {
    let (number, range) = try find(line, in: log, name)
    let source = StagedSource(
      name: name, stages: [Array(log[..<range.lowerBound]), Array(log[range]) + [UInt8(ascii: "\n")]])
    final class Box { var reader: SourceReader? }
    let box = Box()
    for rule in rules.rules { rule.script.tracesValues = true }
    let pipeline = Pipeline(rules: rules, lateness: reading.lateness) { _, record, time in
      guard let reader = box.reader else { preconditionFailure("events have a reader") }
      return reader.event(record, time: time)
    }
    let reader = SourceReader(
      splitter: LineSplitter(source: source, index: 0), number: pipeline.addSource(name), format: reading.format,
      clock: SourceClock(year: reading.year, reference: reading.reference, zone: reading.zone),
      fields: rules.fields, holdsJumps: false)
    box.reader = reader
    pipeline.clear()
    do throws(SourceError) {
      while case .more = try reader.fill(pipeline.batch) { _ = pipeline.process() }
      for rule in rules.rules {
        _ = rule.script.takeLines()
        _ = rule.takeEventCall()
      }
      source.goOn()
      while pipeline.batch.count == 0, case .more = try reader.fill(pipeline.batch) {}
    } catch {
      throw Failure(message: "\(name): \(error.message)")
    }
    guard pipeline.batch.count == 1 else {
      let why = reader.failures.samples.last.map { ": \($0.reason)" } ?? ""
      throw Failure(message: "\(name):\(number) is no event\(why)")
    }
    let batch = pipeline.batch
    let event = reader.event(batch.record(0), time: batch.times[0])
    let watched = rules.rules.map { WatchedRule($0, pipeline, event) }
    let history = pipeline.events
    let alerts = pipeline.process()
    var damage = WatchSummary()
    damage.add([reader])
    if let lines = reader.untimedEvents, lines > 0 {
      damage.untimed = [.init(source: name, lines: lines, reference: reading.reference, isFile: name != "-")]
    }
    return Report(
      event: event, line: number, history: history, damage: damage,
      rules: watched.map { $0.explanation(pipeline, alerts: alerts, isLast: true, mute: mute) })
  }

  private static func find(
    _ line: Int?, in log: [UInt8], _ name: String
  ) throws(Failure) -> (number: Int, range: Range<Int>) {
    var found: (Int, Range<Int>)?
    var start = 0
    var number = 0
    while start < log.count {
      let end = log[start...].firstIndex(of: UInt8(ascii: "\n")) ?? log.count
      number += 1
      if number == line { return (number, start..<end) }
      if log[start..<end].contains(where: { $0 > 0x20 }) { found = (number, start..<end) }
      start = end + 1
    }
    if let line { throw Failure(message: "\(name) has no line \(line), only \(number)") }
    guard let found else {
      throw Failure(message: "\(name) has no lines; it has to hold the event, and what came before it")
    }
    return found
  }
}
