import StellaDetection
import StellaModel
import StellaScripting

/// Reads sources through rules until their end or an interrupt. One thread runs it: ``EngineThread``.
package final class WatchRun: EventConsumer {
  private let options: WatchOptions
  private let pipeline: Pipeline
  private let readers: ReaderTable
  private var checkpointer: Checkpointer?
  /// What there is to go on from, until that was decided.
  private var checkpoint = Checkpoint()
  /// Numbers of sources by key: those of the stream that is gone on with, too.
  private var numbers: [String: UInt16] = [:]
  private var saved = SavedSources()
  private var steps: [ReadingStep] = []
  /// How long a checkpoint waits for the alerts just raised, in nanoseconds; nil at the end of the input: as long as there is hope.
  private var patience: Int64? = WatchRun.settlingPatience
  /// Rules that wait for a checkpoint, and until when.
  private var awaitedReload: (candidate: RuleCandidate, deadline: Int64)?
  /// How long a reload waits for alerts to be kept and acted on, in nanoseconds. A store that fails holds no rule up for longer.
  private static let reloadPatience: Int64 = 2_000_000_000
  /// How long a checkpoint that is due waits for the alerts just raised, in nanoseconds: without it a stream that raises some all the
  /// time would never be saved.
  private static let settlingPatience: Int64 = 50_000_000
  /// The same for the last one after an interrupt: what is not saved then is read again by the next start.
  private static let endPatience: Int64 = 1_000_000_000
  /// How long reading of what can be read later waits while the archive gets nothing done, in nanoseconds. A disk that hangs
  /// holds detection up for so long, once.
  private static let archivePatience: Int64 = 2_000_000_000
  /// Whether something is done that is in the store already.
  private var isRepeating = false
  private let onAlerts: ([Alert]) throws -> Void
  private let isSettled: (_ patience: Int64?) -> Bool
  private let onNotice: (WatchNotice) -> Void
  private var reading: LiveReading?
  private var ruleFiles: RuleFilesWatch?
  /// Tests changed rules before they go live; nil when nobody wants that.
  private var gate: RuleGate?
  /// Told about once a second how far the reading is.
  package var onProgress: ((RuleReplay.Progress) -> Void)?
  /// Gets alerts that fire, as they stand by now: about once a minute and at the end those that have grown, and at the end of a
  /// reading that nothing goes on with all of them.
  package var onStanding: (([Alert]) -> Void)?
  private var grown = GrownAlerts()
  /// Through which others may ask how it fares.
  package var monitor: EngineMonitor? { didSet { showRules() } }
  /// Shows events to those who look on.
  package var feed: LiveFeed?
  /// Takes events to where they are kept.
  package var archive: EventTap?
  /// The rules that are timed for the monitor.
  private var timed: RuleSet?
  private var rests: [String: Int] = [:]
  /// Why changed files are not in use, when the last reload was refused.
  private var notLive: [RuleError] = []
  /// What rules counted whose place a reload gave to others.
  private var firedBefore: [String: Int] = [:]
  /// Alerts that the engine raised about rules.
  private var engineAlerts: [String: Int] = [:]
  private var evictedBefore: [String: Int] = [:]
  /// How often each rule began without the state it had.
  private var stateResets: [String: Int] = [:]
  private var muting: WatchMuting
  private var muted = 0

  /// The readers by source number, so that evidence finds its decoder.
  private final class ReaderTable {
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
    if !summary.wasInterrupted { try deliver(pipeline.finish()) }
    patience = summary.wasInterrupted ? Self.endPatience : nil
    reading.housekeep(force: true)
    if checkpointer == nil { leaveAlerts() }
    summarise(&summary, reading.readers)
    summary.wallNanoseconds = machineMonotonicTime() - started
    if let checkpointer { summary.checkpoints = checkpointer.times }
    return summary
  }

  // MARK: - Events

  func begin(resuming keys: [String]) {
    defer { checkpoint = Checkpoint() }
    if keys.isEmpty { return }
    for part in checkpoint.damaged { onNotice(.source("the saved state is damaged: \(part) can't be used")) }
    checkpointer?.restore {
      for reset in pipeline.rules.restore(checkpoint.parts) { note(reset) }
      pipeline.retired.restore(checkpoint.parts, without: Set(pipeline.rules.rules.map(\.manifest.id)))
    }
    do throws(StateError) {
      guard let stream = checkpoint.parts[Checkpointer.streamPart],
        let sources = checkpoint.parts[Checkpointer.sourcesPart]
      else { return }
      var reader = StateReader(stream.bytes)
      try pipeline.restoreStream(from: &reader)
      saved = try SavedSources(sources, positions: checkpoint.positions)
      steps = []
      for step in checkpoint.steps { steps.append(try ReadingStep(step.bytes)) }
    } catch {
      steps = []
      onNotice(.source("state reset: the reading goes on from the saved positions alone, because \(error.message)"))
    }
    numbers = saved.numbers
    for case .source(let number, let key) in steps { numbers[key] = number }
  }

  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader {
    let isKnown = numbers[key].map { Int($0) < pipeline.sourceNames.count } ?? false
    let number = numbers[key] ?? UInt16(pipeline.sourceNames.count)
    numbers[key] = number
    let reader = reader(number)
    if isKnown {
      pipeline.resumeSource(number)
    } else {
      let added = pipeline.addSource(reader.name)
      precondition(added == number, "sources are numbered in one place")
    }
    if var state = saved.states[key] {
      // What was read of a log is gone: there is nothing to skip.
      if reader.splitter.source is LogBufferSource { state.skip = 0 }
      do throws(StateError) {
        try reader.resume(from: state)
      } catch {
        onNotice(.source("\(reader.name): its saved state can't be used: \(error.message)"))
      }
    }
    readers.readers[number] = reader
    if !isKnown { note(.source(number, key: key)) }
    return reader
  }

  func repeatSteps(_ body: ([ReadingStep]) throws -> Void) rethrows {
    isRepeating = true
    defer { isRepeating = false }
    try body(steps)
    steps = []
  }

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
    if let source = batch.count > 0 ? batch.sources[0] : nil { note(.events(source: source, count: batch.count)) }
    gauge()
    show()
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
    if isRepeating { return }
    if let feed { show(on: feed.tap) }
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

  private func deliver(_ alerts: [Alert]) throws {
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

  // MARK: - What a restart goes on from

  /// The order of files that are read to their ends needs no note: it follows from what they hold.
  private func note(_ step: ReadingStep) {
    guard options.follow, !isRepeating else { return }
    checkpointer?.note(step, sources: readers.readers.count)
  }

  func housekeep(force: Bool) {
    for rule in pipeline.rules.failingRules where rule.rests > rests[rule.id] ?? 0 {
      rests[rule.id] = rule.rests
      onNotice(
        rule.isStopped
          ? .stopped(rule: rule.id, error: rule.error) : .quarantined(rule: rule.id, error: rule.error))
    }
    monitor?.board.note(pipeline.rules, latest: pipeline.latestTime)
    guard let reading else { return }
    onProgress?(
      RuleReplay.Progress(
        events: pipeline.events, bytes: reading.readers.reduce(0) { $0 + $1.splitter.counts.bytes }))
    let now = machineMonotonicTime()
    if let monitor { report(to: monitor, reading.readers, at: now) }
    options.traffic?.publish(at: now)
    if let onStanding {
      let grown = grown.take(pipeline.rules, at: now, force: force)
      if !grown.isEmpty { onStanding(grown) }
    }
    guard let checkpointer else { return }
    if force { checkpointer.wait() }
    if !force && !checkpointer.isDue(at: now) { return }
    guard isSettled(patience) else { return }
    checkpointer.pause {
      let (positions, sources) = SavedSources.save(reading.readers)
      checkpointer.save(pipeline, positions: positions, sources: sources, at: now)
    }
    if force { checkpointer.wait() }
  }

  /// What was read under the rules so far must not be read again by others: a restart goes on from a checkpoint that those made.
  ///
  /// - Returns: false while such a checkpoint would have alerts forgotten, for up to ``reloadPatience``.
  private func savesBeforeReload(of candidate: RuleCandidate) -> Bool {
    guard options.follow, checkpointer != nil, reading != nil else { return true }
    let now = machineMonotonicTime()
    let deadline = awaitedReload?.deadline ?? now + Self.reloadPatience
    if !isSettled(0) && now < deadline {
      awaitedReload = (candidate, deadline)
      return false
    }
    awaitedReload = nil
    housekeep(force: true)
    return true
  }

  /// Times the rules only while somebody asks.
  private func report(to monitor: EngineMonitor, _ readers: [SourceReader], at now: Int64) {
    guard monitor.isAsked(at: now) else {
      if let timed {
        timed.endProfile()
        monitor.forget()
      }
      timed = nil
      return
    }
    if timed !== pipeline.rules {
      // Others count anew.
      monitor.forget()
      pipeline.rules.profile(machineMonotonicTime)
      timed = pipeline.rules
    }
    if monitor.isDue(at: now) { monitor.add(EngineFigures(pipeline, readers, notLive: notLive, at: now)) }
  }

  // MARK: - Rules

  func reloadWhatChanged() throws {
    if let awaitedReload { try use(awaitedReload.candidate) }
    if monitor?.board.takeRequest() == true { try reloadWhenWritten() }
    guard let ruleFiles else { return }
    let now = machineMonotonicTime()
    if let request = ruleFiles.takeRequest(at: now) {
      let candidate = read(changed: request.changed == 0 ? nil : request.changed)
      guard ruleFiles.isCurrent(request) else {
        ruleFiles.giveBack(request)
        return
      }
      if try gate?.begin(candidate, live: pipeline.rules, now: now) != true { try use(candidate) }
    }
    guard let outcome = gate?.takeOutcome(at: now) else { return }
    if outcome.errors.isEmpty {
      try use(outcome.candidate)
    } else {
      refuse(outcome.candidate, outcome.errors)
    }
  }

  func reloadWhenWritten() throws {
    guard let ruleFiles else { return try reload() }
    ruleFiles.ask(at: machineMonotonicTime())
  }

  /// Loads the rules anew at once, and without their tests.
  func reload() throws {
    ruleFiles?.accept()
    gate?.end()
    try use(read(changed: nil))
  }

  private func read(changed count: Int?) -> RuleCandidate {
    let (sources, unreadable) = options.readRules?() ?? RuleFiles.read(options.rulePaths)
    let tests = gate == nil ? [] : RuleFiles.readTests(options.rulePaths).sources
    return RuleCandidate(
      sources: sources, unreadable: unreadable, tests: tests, changed: count, request: monitor?.board.taken ?? 0)
  }

  /// Takes rules into use between two batches. Broken files keep everything as it was.
  private func use(_ candidate: RuleCandidate) throws {
    guard savesBeforeReload(of: candidate) else { return }
    let old = pipeline.rules
    let muting: WatchMuting
    do throws(RuleError) {
      muting = try options.readMuting?() ?? self.muting
    } catch {
      refuse(candidate, [error])
      return
    }
    let new = RuleSet(
      sources: candidate.sources, parameters: options.parameters, exceptions: muting.exceptions, fields: fields,
      previous: old, unreadable: candidate.unreadable)
    let before = Set(old.refusals.map(\.file))
    var broken = new.refusals.filter { !before.contains($0.file) }.flatMap(\.errors) + new.exceptionErrors
    if broken.isEmpty, new.rules.isEmpty, !old.rules.isEmpty { broken = [noRuleLeft(refused: new.refusals.count)] }
    if !broken.isEmpty {
      refuse(candidate, broken)
      return
    }
    notLive = []
    self.muting = muting
    for rule in old.rules where !new.rules.contains(where: { $0.detector === rule.detector }) {
      firedBefore[rule.manifest.id, default: 0] += rule.detector.firedAlerts
      evictedBefore[rule.manifest.id, default: 0] += rule.detector.evictions
      rests[rule.manifest.id] = nil
    }
    let known = Set(old.rules.map(\.manifest.id))
    let (alerts, resets) = pipeline.replace(new)
    try deliver(alerts)
    for rule in pipeline.rules.failingRules { rests[rule.id] = rule.rests }
    let kept = new.rules.count { known.contains($0.manifest.id) } - resets.count
    onNotice(.reloaded(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
    showRules()
    monitor?.board.finish(
      candidate.request, .live(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
    for reset in resets { note(reset) }
    // The alerts about scripts end because these are other ones.
    noteEnded(alerts.filter { known.contains($0.rule) })
    checkpointer?.forget()
    housekeep(force: true)
  }

  /// Keeps everything as it was, and says why.
  private func refuse(_ candidate: RuleCandidate, _ errors: [RuleError]) {
    notLive = errors
    onNotice(.reloadRefused(errors, changed: candidate.changed))
    monitor?.board.finish(candidate.request, .refused(errors))
  }

  private func showRules() { monitor?.board.show(pipeline.rules, shadows: muting.alerts.shadows) }

  private func noRuleLeft(refused: Int) -> RuleError {
    RuleError(
      code: "rule.none_left",
      message: refused == 0 ? "no rule would be left" : "no rule would be left but such as are refused",
      remedy: "Put a rule there; to watch no more, end the watch.", file: options.rulePaths.first ?? "", line: 0)
  }

  /// - Parameter alerts: what a change of rules has resolved.
  private func noteEnded(_ alerts: [Alert]) {
    var counts: [String: Int] = [:]
    for alert in alerts { counts[alert.rule, default: 0] += 1 }
    for (rule, count) in counts.sorted(by: { $0.key < $1.key }) { onNotice(.alertsEnded(rule: rule, count: count)) }
  }

  private func note(_ reset: StateReset) {
    stateResets[reset.rule, default: 0] += 1
    onNotice(.stateReset(reset))
  }

  // MARK: - The end

  private func summarise(_ summary: inout WatchSummary, _ readers: [SourceReader]) {
    summary.events = pipeline.events
    summary.lateEvents = pipeline.lateEvents
    summary.add(readers)
    let rules = pipeline.rules
    summary.refusals = rules.refusals
    summary.firedByRule = WatchRun.sum(
      rules.rules.map { ($0.manifest.id, $0.detector.firedAlerts) } + engineAlerts.map { ($0.key, $0.value) },
      firedBefore
    )
    .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    summary.muted = muted
    for rule in rules.rules {
      guard let filter = rule.exceptions else { continue }
      for (exception, count) in zip(filter.exceptions, filter.counts) where count.events > 0 {
        summary.excepted.append((rule.manifest.id, exception, count.events))
      }
    }
    summary.pending = rules.rules.flatMap(\.detector.pendingAlerts)
    summary.heldBack = rules.rules.map { ($0.manifest.id, $0.detector.heldBackAlerts) }.filter { $0.1 > 0 }
    summary.evictions = WatchRun.sum(rules.rules.map { ($0.manifest.id, $0.detector.evictions) }, evictedBefore)
      .sorted { $0.0 < $1.0 }
    summary.stateResets = WatchRun.sum([], stateResets).sorted { $0.0 < $1.0 }
    summary.quarantined = rules.failingRules.map { ($0.id, $0.failures, $0.rests, $0.error) }
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
      if reader.splitter.looksBinary { binarySources.append(reader.name) }
      linesCut += reader.splitter.counts.cut
      repairedLines += reader.failures.repaired
      fallbackLines += reader.failures.fallbacks
      for (kind, numbers) in [
        (WatchSummary.DamagedLines.Kind.plain, reader.failures.fallbackNumbers),
        (.repaired, reader.failures.repairedNumbers), (.cut, reader.splitter.cutNumbers),
      ] where !numbers.isEmpty {
        damagedLines.append(.init(source: reader.name, kind: kind, numbers: numbers))
      }
      if reader.heldEvents + reader.droppedAhead > 0 {
        ahead.append(.init(source: reader.name, held: reader.heldEvents, dropped: reader.droppedAhead))
      }
      if let source = WatchSummary.UntimedSource(reader) { untimed.append(source) }
      if reader.failures.unreadTimes > 0 {
        unreadTimes.append(
          .init(
            source: reader.name, count: reader.failures.unreadTimes,
            samples: [reader.failures.unreadTime].compactMap(\.self)))
      }
      if reader.failures.count > 0 {
        decodeFailures.append(
          .init(source: reader.name, count: reader.failures.count, samples: reader.failures.samples))
      }
    }
  }
}

extension WatchSummary.UntimedSource {
  /// Nil for a reader that has found a time, or still waits for one.
  init?(_ reader: SourceReader) {
    guard let heads = reader.untimedHeads else { return nil }
    self.init(
      source: reader.name, lines: heads, reference: reader.clock.reference,
      isFile: reader.splitter.source.modificationTime != nil)
  }
}
