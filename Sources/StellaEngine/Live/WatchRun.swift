import StellaDetection
import StellaModel
import StellaScripting

/// Reads sources through rules until their end or an interrupt. One thread runs it: ``EngineThread``.
package final class WatchRun: EventConsumer {
  let options: WatchOptions
  let pipeline: Pipeline
  let readers: ReaderTable
  var checkpointer: Checkpointer?
  /// What there is to go on from, until that was decided.
  var checkpoint = Checkpoint()
  /// Numbers of sources by key: those of the stream that is gone on with, too.
  var numbers: [String: UInt16] = [:]
  /// The lowest number above all that anybody has had.
  var nextNumber = 0
  /// Numbers of sources that were there before the last start, for others; the last is taken first.
  var freeNumbers: [UInt16] = []
  var saved = SavedSources()
  var steps: [ReadingStep] = []
  /// How long a checkpoint waits for the alerts just raised, in nanoseconds; nil at the end of the input: as long as there is hope.
  var patience: Int64? = WatchRun.settlingPatience
  /// Rules that wait for a checkpoint, and until when.
  var awaitedReload: (candidate: RuleCandidate, deadline: Int64)?
  /// How long a checkpoint that is due waits for the alerts just raised, in nanoseconds: without it a stream that raises some all the
  /// time would never be saved.
  private static let settlingPatience: Int64 = 50_000_000
  /// The same for the last one after an interrupt: what is not saved then is read again by the next start.
  private static let endPatience: Int64 = 1_000_000_000
  /// How long reading of what can be read later waits while the archive gets nothing done, in nanoseconds. A disk that hangs
  /// holds detection up for so long, once.
  private static let archivePatience: Int64 = 2_000_000_000
  /// Whether something is done that is in the store already.
  var isRepeating = false
  private let onAlerts: ([Alert]) throws -> Void
  let isSettled: (_ patience: Int64?) -> Bool
  let onNotice: (WatchNotice) -> Void
  var reading: LiveReading?
  var ruleFiles: RuleFilesWatch?
  /// Tests changed rules before they go live; nil when nobody wants that.
  var gate: RuleGate?
  /// Told about once a second how far the reading is.
  package var onProgress: ((RuleReplay.Progress) -> Void)?
  /// Gets alerts that fire, as they stand by now: about once a minute and at the end those that have grown, and at the end of a
  /// reading that nothing goes on with all of them.
  package var onStanding: (([Alert]) -> Void)?
  var grown = GrownAlerts()
  /// What people have resolved by hand; nil where nobody can.
  package var resolvedByHand: ResolvedByHand?
  var waiting = WaitingClosings()
  /// When a source had nothing more for the first time, as far as somebody waited for it, by ``clock``.
  var firstLiveEnd: Int64?
  /// Tells how long closings have waited.
  var clock: MonotonicTime = machineMonotonicTime
  /// Through which others may ask how it fares.
  package var monitor: EngineMonitor? { didSet { showRules() } }
  /// Shows events to those who look on.
  package var feed: LiveFeed?
  /// Takes events to where they are kept.
  package var archive: EventTap?
  /// The rules that are timed for the monitor.
  var timed: RuleSet?
  var rests: [String: Int] = [:]
  var damage = SourceDamage()
  /// Why changed files are not in use, when the last reload was refused.
  var notLive: [RuleError] = []
  /// What rules counted whose place a reload gave to others.
  var firedBefore: [String: Int] = [:]
  /// Alerts that the engine raised about rules.
  var engineAlerts: [String: Int] = [:]
  var evictedBefore: [String: Int] = [:]
  /// How often each rule began without the state it had.
  var stateResets: [String: Int] = [:]
  var muting: WatchMuting
  var muted = 0

  /// The readers by source number, so that evidence finds its decoder.
  final class ReaderTable {
    var readers: [UInt16: SourceReader] = [:]
    /// Reads evidence of sources that are there no more.
    private let other = AutoDecoder()

    func event(_ source: UInt16, _ record: UnsafeBufferPointer<UInt8>, _ time: Int64) -> Event {
      readers[source]?.event(record, time: time) ?? other.event(record, time: time)
    }
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
  ///   - rules: must have been loaded on the thread that will run this. Those spread over several workers get the threads
  ///     that takes.
  ///   - ruleFiles: looked at the rule files before they were loaded; nil when that begins now.
  ///   - onAlerts: gets the transitions of each batch in order; what it throws ends the run.
  ///   - isSettled: whether what came of these alerts outlives the process; it may wait for so many nanoseconds, with nil for as
  ///     long as there is hope. Until it is, a restart goes on from before them.
  /// - Throws: when a source can't be opened, the positions can't be read, or there is no thread for a worker.
  package init(
    options: WatchOptions, rules: RuleSet, ruleFiles: RuleFilesWatch? = nil,
    onAlerts: @escaping ([Alert]) throws -> Void,
    isSettled: @escaping (_ patience: Int64?) -> Bool = { _ in true },
    onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    self.options = options
    muting = options.muting
    self.onAlerts = onAlerts
    self.isSettled = isSettled
    self.onNotice = onNotice
    fields = rules.fields
    // Before the batch is made, and before sources learn which fields are read.
    options.traffic?.register(in: fields)
    let table = ReaderTable()
    readers = table
    let pool = rules.workers > 1 ? try WorkerThreads(workers: rules.workers) : nil
    pipeline = Pipeline(rules: rules, lateness: options.lateness, pool: pool) { source, record, time in
      table.event(source, record, time)
    }
    if let store = options.store {
      checkpoint = try store.checkpoint()
      checkpointer = try Checkpointer(
        store, interval: options.checkpointInterval, lastStep: checkpoint.steps.last?.number ?? 0,
        onTrouble: { error in onNotice(.notSaved(error.map { "\($0)" })) },
        onDurable: { [journals = options.journals] positions in
          for journal in journals {
            if let position = positions[JournalSource.key(journal)] { journal.release(position) }
          }
        })
    }
    if options.follow, options.reloadsChanges, !options.rulePaths.isEmpty {
      self.ruleFiles = ruleFiles ?? RuleFilesWatch(options.rulePaths, now: machineMonotonicTime())
      if let limit = options.testGate {
        gate = RuleGate(paths: options.rulePaths, parameters: options.parameters, limit: limit)
      }
    }
    reading = try LiveReading(options: options, positions: checkpoint.positions, consumer: self, onNotice: onNotice)
  }

  /// The sources that are being read.
  package var sourceNames: [String] { reading?.readers.map(\.name) ?? [] }

  /// Runs to the end.
  ///
  /// - Parameter interrupts: signals; SIGHUP loads the rules anew, the others end the run in order.
  package func run(interrupts: (any RunControl)?) throws -> WatchSummary {
    guard let reading else { preconditionFailure("a watch runs once") }
    defer {
      checkpointer?.end()
      gate?.end()
      // It refers to this run: the threads of the workers would never end.
      self.reading = nil
    }
    let started = machineMonotonicTime()
    var summary = WatchSummary()
    summary.wasInterrupted = try reading.run(interrupts: interrupts)
    // What an interrupt leaves undone goes on with the next start; only an input that has ended is final.
    if !summary.wasInterrupted {
      try deliver(pipeline.finish())
      try endWhatWaits()
    }
    patience = summary.wasInterrupted ? Self.endPatience : nil
    reading.housekeep(force: true)
    if checkpointer == nil { leaveAlerts() }
    summarise(&summary, reading.readers)
    summary.wallNanoseconds = machineMonotonicTime() - started
    if let checkpointer { summary.checkpoints = checkpointer.times }
    return summary
  }

  // MARK: - Events

  func endSource(_ source: UInt16) {
    note(.end(source: source))
    pipeline.endSource(source)
  }

  func clear() { pipeline.clear() }

  func confirmed(_ source: UInt16, at now: Int64) throws {
    note(.confirmed(source: source, now: now))
    gauge()
    show()
    try deliver(pipeline.process())
  }

  func consume() throws {
    gauge()
    show()
    if !waiting.isEmpty { try processUpToClosings() }
    if batch.count > 0 { note(.events(source: batch.sources[0], count: batch.count)) }
    try deliver(pipeline.process())
  }

  /// Nothing goes on from here, so that nobody will tell of the ends of alerts that fire.
  private func leaveAlerts() {
    let left = pipeline.rules.rules.flatMap(\.detector.firingAlerts).map { alert in
      var alert = alert
      alert.inputEnded = true
      return alert
    }
    if !left.isEmpty { onStanding?(left) }
  }

  private func gauge() {
    guard let traffic = options.traffic, !isRepeating, batch.count > 0 else { return }
    traffic.note(batch, at: machineMonotonicTime())
  }

  /// Leaves the events of the batch for those who look on, and for those who keep them.
  private func show() {
    if !isRepeating, let feed { show(on: feed.tap) }
    // What is repeated may not have been kept before the end.
    if let archive { show(on: archive, patience: canWait ? Self.archivePatience : 0) }
  }

  /// Whether nothing is lost when the batch is read later: of files and journals more can be read at any time.
  private var canWait: Bool {
    batch.count > 0 && readers.readers[batch.sources[0]]?.splitter.source.isRereadable ?? false
  }

  private func show(on tap: EventTap, patience: Int64 = 0) {
    guard tap.isWanted else { return }
    tap.put(batch, firstEvent: pipeline.events, patience: patience) { [readers] number in
      guard let reader = readers.readers[number] else { return TappedBatch.Source(format: .auto) }
      return TappedBatch.Source(format: reader.format, detector: reader.detector, service: reader.serviceName)
    }
  }

  func rest(silent: [UInt16], nanoseconds: Int64) throws {
    note(.rest(silent: silent, nanoseconds: nanoseconds))
    for source in silent { pipeline.setSilent(source) }
    guard nanoseconds > 0, let latest = pipeline.latestTime else { return }
    try deliver(pipeline.advance(to: latest &+ nanoseconds &- options.lateness))
  }

  func deliver(_ alerts: [Alert]) throws {
    if alerts.isEmpty { return }
    checkpointer?.commit()
    // Revision 1 is the first that is told of an alert.
    for alert in alerts where alert.type == "engine" && alert.status == .firing && alert.revision == 1 {
      engineAlerts[alert.rule, default: 0] += 1
    }
    guard options.mute != nil || !muting.alerts.isEmpty else { return try onAlerts(alerts) }
    var alerts = alerts
    for place in alerts.indices {
      // A silence is set by hand, for this moment: it says more than what is written for good.
      guard let mute = options.mute?(alerts[place]) ?? muting.alerts.mute(alerts[place]) else { continue }
      alerts[place].mute = mute
      guard alerts[place].status == .firing else { continue }
      if !mute.isShown { muted += 1 }
      pipeline.rules.rules.first { $0.manifest.id == alerts[place].rule }?.detector.decisions.mute(alerts[place], mute)
    }
    try onAlerts(alerts)
  }
}
