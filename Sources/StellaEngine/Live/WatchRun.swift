import StellaDetection
import StellaModel
import StellaScripting

/// Reads sources through rules until their end or an interrupt. One thread runs it: ``EngineThread``.
package final class WatchRun: EventConsumer {
  private let options: WatchOptions
  private let pipeline: Pipeline
  private let readers: ReaderTable
  private let onAlerts: ([Alert]) throws -> Void
  private let onNotice: (WatchNotice) -> Void
  private var reading: LiveReading?
  private var rests: [String: Int] = [:]
  /// What rules counted whose place a reload gave to others.
  private var firedBefore: [String: Int] = [:]
  private var evictedBefore: [String: Int] = [:]

  /// The readers by source number, so that evidence finds its decoder.
  private final class ReaderTable {
    var readers: [SourceReader] = []
  }

  let fields: FieldRegister
  var batch: EventBatch { pipeline.batch }
  var columnLimit: Int? {
    get { pipeline.columnLimit }
    set { pipeline.columnLimit = newValue }
  }

  /// Opens the sources.
  ///
  /// - Parameters:
  ///   - rules: must have been loaded on the thread that will run this.
  ///   - onAlerts: gets the transitions of each batch in order; what it throws ends the run.
  /// - Throws: when a source can't be opened or the positions can't be read.
  package init(
    options: WatchOptions, rules: RuleSet, onAlerts: @escaping ([Alert]) throws -> Void,
    onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    self.options = options
    self.onAlerts = onAlerts
    self.onNotice = onNotice
    fields = rules.fields
    let table = ReaderTable()
    readers = table
    pipeline = Pipeline(rules: rules, lateness: options.lateness) { source, record, time in
      table.readers[Int(source)].event(record, time: time)
    }
    reading = try LiveReading(options: options, consumer: self, onNotice: onNotice)
  }

  /// The sources that are being read.
  package var sourceNames: [String] { readers.readers.map(\.name) }

  /// Runs to the end.
  ///
  /// - Parameter interrupts: signals; SIGHUP loads the rules anew, the others end the run in order.
  package func run(interrupts: Interrupts?) throws -> WatchSummary {
    guard let reading else { preconditionFailure("a watch runs once") }
    let started = machineMonotonicTime()
    var summary = WatchSummary()
    summary.wasInterrupted = try reading.run(interrupts: interrupts)
    // What an interrupt leaves undone goes on with the next start; only an input that has ended is final.
    if !summary.wasInterrupted { try deliver(pipeline.finish()) }
    reading.housekeep(force: true)
    summarise(&summary)
    summary.wallNanoseconds = machineMonotonicTime() - started
    self.reading = nil
    return summary
  }

  // MARK: - Events

  func addSource(_ reader: (UInt16) -> SourceReader) -> SourceReader {
    let reader = reader(UInt16(readers.readers.count))
    let number = pipeline.addSource(reader.name)
    precondition(number == reader.number, "sources are numbered in one place")
    readers.readers.append(reader)
    return reader
  }

  func endSource(_ source: UInt16) { pipeline.endSource(source) }

  func clear() { pipeline.clear() }

  func consume() throws { try deliver(pipeline.process()) }

  func rest(silent: [UInt16], nanoseconds: Int64) throws {
    for source in silent { pipeline.setSilent(source) }
    guard nanoseconds > 0, let latest = pipeline.latestTime else { return }
    try deliver(pipeline.advance(to: latest &+ nanoseconds &- options.lateness))
  }

  private func deliver(_ alerts: [Alert]) throws {
    if !alerts.isEmpty { try onAlerts(alerts) }
  }

  func housekeep() {
    for rule in pipeline.rules.failingRules where rule.rests > rests[rule.id] ?? 0 {
      rests[rule.id] = rule.rests
      onNotice(.quarantined(rule: rule.id, error: rule.error))
    }
  }

  // MARK: - Rules

  /// Loads the rules anew between two batches. Broken files keep everything as it was.
  func reload() throws {
    let (sources, unreadable) = RuleFiles.read(options.rulePaths)
    let old = pipeline.rules
    let new = RuleSet(
      sources: sources, parameters: options.parameters, fields: fields, previous: old, unreadable: unreadable)
    let before = Set(old.refusals.map(\.file))
    let broken = new.refusals.filter { !before.contains($0.file) }
    if !broken.isEmpty || (new.rules.isEmpty && !old.rules.isEmpty) {
      onNotice(.reloadRefused(broken.flatMap(\.errors)))
      return
    }
    let kept = new.rules.count { rule in old.rules.contains { $0.detector === rule.detector } }
    for rule in old.rules where !new.rules.contains(where: { $0.detector === rule.detector }) {
      firedBefore[rule.manifest.id, default: 0] += rule.detector.firedAlerts
      evictedBefore[rule.manifest.id, default: 0] += rule.detector.evictions
      rests[rule.manifest.id] = nil
    }
    try deliver(pipeline.replace(new))
    onNotice(.reloaded(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
  }

  // MARK: - The end

  private func summarise(_ summary: inout WatchSummary) {
    summary.events = pipeline.events
    summary.lateEvents = pipeline.lateEvents
    summary.add(readers.readers)
    let rules = pipeline.rules
    summary.refusals = rules.refusals
    summary.firedByRule = WatchRun.sum(rules.rules.map { ($0.manifest.id, $0.detector.firedAlerts) }, firedBefore)
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    summary.pending = rules.rules.flatMap(\.detector.pendingAlerts)
    summary.heldBack = rules.rules.map { ($0.manifest.id, $0.detector.heldBackAlerts) }.filter { $0.1 > 0 }
    summary.evictions = WatchRun.sum(rules.rules.map { ($0.manifest.id, $0.detector.evictions) }, evictedBefore)
      .sorted { $0.0 < $1.0 }
    summary.quarantined = rules.failingRules.map { ($0.id, $0.failures, $0.error) }
  }

  /// The counts of each rule, those that are not zero.
  private static func sum(_ counts: [(String, Int)], _ before: [String: Int]) -> [(String, Int)] {
    before.merging(counts, uniquingKeysWith: +).filter { $0.value > 0 }.map { ($0.key, $0.value) }
  }
}

extension WatchSummary {
  mutating func add(_ readers: [SourceReader]) {
    for reader in readers {
      bytes += reader.splitter.counts.bytes
      linesCut += reader.splitter.counts.cut
      repairedLines += reader.failures.repaired
      fallbackLines += reader.failures.fallbacks
      if reader.heldEvents + reader.droppedAhead > 0 {
        ahead.append(.init(source: reader.name, held: reader.heldEvents, dropped: reader.droppedAhead))
      }
      if reader.failures.count > 0 {
        decodeFailures.append(
          .init(source: reader.name, count: reader.failures.count, samples: reader.failures.samples))
      }
    }
  }
}
