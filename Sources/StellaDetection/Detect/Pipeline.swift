import StellaModel

/// Runs batches of events through a rule set and gives the alerts in the order of the stream.
///
/// One thread owns it. A batch goes rule-major: all its events through one rule, then the next rule. With several workers
/// each has a share of the rules and runs the whole batch through them; the batch is done when all are.
package final class Pipeline {
  package private(set) var rules: RuleSet
  package let batch: EventBatch
  private let pool: any WorkerPool
  /// One for each share of the rules; the first sees ``batch`` itself.
  let contexts: [DetectionContext]
  private let watermarks: UnsafeMutablePointer<Int64>
  /// Names of the sources by their number.
  package private(set) var sourceNames: [String] = [] {
    didSet { for context in contexts { context.sourceNames = sourceNames } }
  }
  private let lateness: Int64
  /// The latest time of each source; `Int64.min` before its first event.
  private var latest: [Int64] = []
  /// Where the sources that have ended stood.
  private var resumable: [Int64] = []
  /// The sources that don't hold the watermark back before their next event.
  private var isSilent: [Bool] = []
  private var watermark = Int64.min
  /// The batch in which each filter matched last.
  private var lastMatch: [Int]
  /// Whether all rules know when their part of the stream began.
  private var hasBegun = false
  private var batches = 0
  package private(set) var events = 0
  /// What rules that were removed have decided.
  package var retired = RetiredDecisions()
  /// Events that came with a time before the watermark.
  package private(set) var lateEvents = 0

  /// - Parameters:
  ///   - lateness: nanoseconds that timers wait for events that come out of order.
  ///   - pool: runs the shares of `rules`; the caller's thread does when there is none.
  ///   - materialise: decodes a record of a source again, with all fields. Called by one worker at a time.
  package init(
    rules: RuleSet, lateness: Int64, pool: (any WorkerPool)? = nil,
    materialise: @escaping (_ source: UInt16, _ record: UnsafeBufferPointer<UInt8>, _ time: Int64) -> Event
  ) {
    self.rules = rules
    self.lateness = lateness
    self.pool = pool ?? SingleWorker(workers: rules.shares.count)
    precondition(self.pool.workers >= rules.shares.count, "each share of the rules needs a worker")
    let batch = EventBatch(columnCount: rules.fields.table.count)
    self.batch = batch
    let watermarks = UnsafeMutablePointer<Int64>.allocate(capacity: EventBatch.capacity)
    self.watermarks = watermarks
    var decode = materialise
    if rules.shares.count > 1 {
      let turn = DecoderTurn()
      decode = { source, record, time in turn.take { materialise(source, record, time) } }
    }
    contexts = rules.shares.indices.map {
      DetectionContext(
        batch: $0 == 0 ? batch : EventBatch(viewOf: batch), watermarks: watermarks, materialise: decode)
    }
    lastMatch = Array(repeating: 0, count: rules.sharesOfFilter.count)
  }

  deinit { watermarks.deallocate() }

  /// The number of a new source; its events carry it.
  package func addSource(_ name: String) -> UInt16 {
    sourceNames.append(name)
    latest.append(.min)
    resumable.append(.min)
    isSilent.append(false)
    return UInt16(latest.count - 1)
  }

  /// Gives `number` to a new source, whoever had it before. Numbers below it that nobody has count as those of sources that have ended.
  package func addSource(_ name: String, as number: UInt16) {
    let place = Int(number)
    let missing = place + 1 - latest.count
    if missing > 0 {
      latest += Array(repeating: Int64.max, count: missing)
      resumable += Array(repeating: Int64.min, count: missing)
      isSilent += Array(repeating: false, count: missing)
    }
    var names = sourceNames
    if missing > 0 { names += Array(repeating: "", count: missing) }
    names[place] = name
    sourceNames = names
    latest[place] = .min
    resumable[place] = .min
    isSilent[place] = false
  }

  /// The numbers of the sources that have ended, those whose last event has the oldest time first.
  package var endedSources: [UInt16] {
    latest.indices.filter { latest[$0] == .max }
      .sorted { (resumable[$0], $0) < (resumable[$1], $1) }
      .map { UInt16($0) }
  }

  /// As many sources as there are numbers for.
  package static let sourceLimit = Int(UInt16.max) + 1

  /// The source was silent for so long that timers wait for it no more; its next event changes that.
  package func setSilent(_ source: UInt16) {
    // A restart may repeat this of a source that is gone and was never saved.
    if Int(source) < isSilent.count { isSilent[Int(source)] = true }
  }

  /// The latest event time of all sources; nil before the first event.
  package var latestTime: Int64? {
    let time = max(ended, latest.lazy.filter { $0 != .max }.max() ?? .min)
    return time == .min ? nil : time
  }

  /// The latest event time of a source; `Int64.min` before its first event, `Int64.max` when it has ended.
  package func latestTime(of source: UInt16) -> Int64 { latest[Int(source)] }

  /// The source can't hold the watermark back any more.
  package func endSource(_ source: UInt16) {
    resumable[Int(source)] = latest[Int(source)]
    latest[Int(source)] = .max
  }

  /// Puts `rules` in the place of those before from the next batch on; the batch must be empty. A changed rule takes over
  /// the state of the one with its id when that fits. Returns the ends of the alerts of rules that are gone or start anew,
  /// since nobody else would end them, and which start anew.
  package func replace(_ rules: RuleSet) -> (alerts: [Alert], resets: [StateReset]) {
    precondition(batch.count == 0, "rules change between batches")
    precondition(rules.shares.count == contexts.count, "the number of workers stays")
    var resets: [StateReset] = []
    for old in self.rules.rules where !rules.rules.contains(where: { $0.detector === old.detector }) {
      if let new = rules.rules.first(where: { $0.manifest.id == old.manifest.id }) {
        new.detector.decisions.take(from: old.detector.decisions)
        do throws(StateError) {
          try SavedRule.transfer(from: old.detector, to: new.detector)
          new.detector.beginAnew(in: contexts[0])
        } catch {
          resets.append(StateReset(rule: old.manifest.id, reason: error.message))
          old.detector.endAlerts(because: .ruleReset, in: contexts[0])
          new.detector.decisions.take(from: old.detector.decisions)
        }
        continue
      }
      old.detector.endAlerts(because: .ruleRemoved, in: contexts[0])
      retired.keep(old.detector.decisions, of: old.manifest.id)
    }
    for new in rules.rules where !self.rules.rules.contains(where: { $0.manifest.id == new.manifest.id }) {
      if let log = retired.take(new.manifest.id) { new.detector.decisions.take(from: log) }
    }
    self.rules = rules
    rules.takeOver()
    lastMatch = Array(repeating: 0, count: rules.sharesOfFilter.count)
    hasBegun = false
    clear()
    return (DetectionContext.takeEmissions(of: contexts), resets)
  }

  /// Ends alerts that people said are over, before what the batch holds. What rules have counted for them begins anew, so that new
  /// events make new alerts.
  ///
  /// - Returns: the ends, and what they are of: those that no rule holds as firing are passed over.
  package func endByHand(_ closings: [AlertClosing]) -> (alerts: [Alert], ended: [AlertClosing]) {
    let time = latestTime ?? .min
    let ended = closings.filter { closing in
      rules.rules.contains { $0.detector.endByHand(closing, at: time, in: contexts[0]) }
    }
    return (DetectionContext.takeEmissions(of: contexts), ended)
  }

  /// The columns that rules read now; a batch gets new ones when it is emptied.
  package var wantedColumns: Int { rules.fields.table.count }
  /// Keeps new columns out of the batch while its events come from batches that lack them.
  package var columnLimit: Int?

  /// Empties the batch for the next events.
  package func clear() { batch.removeAll(columnCount: min(wantedColumns, columnLimit ?? .max)) }

  /// Runs the events of ``batch`` and returns the transitions of alerts. The batch is empty afterwards.
  package func process() -> [Alert] {
    if batch.count == 0 { return [] }
    let alerts = run()
    clear()
    return alerts
  }

  /// Does the same with the first `count` events alone; those behind them move up. O(columns × events of the batch).
  package func process(first count: Int) -> [Alert] {
    let all = batch.count
    if count >= all { return process() }
    if count <= 0 { return [] }
    batch.count = count
    let alerts = run()
    batch.count = all
    batch.remove(0..<count)
    return alerts
  }

  private func run() -> [Alert] {
    events += batch.count
    batches += 1
    advance()
    rules.router.route(batch)
    runRules()
    return takeAlerts()
  }

  /// The end of the input: the watermark moves to the last event time. Returns what the timers up to it raise.
  package func finish() -> [Alert] {
    clear()
    let last = latest.filter { $0 != .max }.max() ?? watermark
    watermark = max(watermark, last, ended)
    return runTimers()
  }

  /// Time has come to `time` without an event. Returns what the timers up to it raise; earlier events count as late.
  package func advance(to time: Int64) -> [Alert] {
    clear()
    watermark = max(watermark, time)
    return runTimers()
  }

  /// The latest time of the sources that have ended.
  private var ended = Int64.min

  /// What the workers that have just run raised; the columns that their scripts asked for come with the next batch.
  private func takeAlerts() -> [Alert] {
    for name in DetectionContext.takeWantedFields(of: contexts) { _ = rules.fields.table.column(of: name) }
    return DetectionContext.takeEmissions(of: contexts)
  }

  /// Runs every rule that has matching events or a timer that is due.
  private func runRules() {
    let shares = rules.shares
    let sharesOfFilter = rules.sharesOfFilter
    let contexts = contexts
    let router = rules.router
    let reached = watermarks[batch.count - 1]
    var wanted = ShareSet()
    lastMatch.withUnsafeMutableBufferPointer { lastMatch in
      router.matched.withUnsafeBufferPointer { matched in
        guard let lastMatch = lastMatch.baseAddress else { return }
        for filter in matched {
          lastMatch[filter] = batches
          wanted.formUnion(sharesOfFilter[filter])
        }
        for (number, share) in shares.enumerated() where share.nextTimer <= reached {
          wanted.insert(ShareSet(share: number))
        }
        let routed = RoutedBatch(matched: matched, lastMatch: lastMatch, number: batches, bits: router.allBits)
        for context in contexts.dropFirst() { context.batch.follow(batch) }
        pool.run(wanted) { shares[$0].run(routed, upTo: reached, in: contexts[$0]) }
      }
    }
  }

  /// Runs the timers that are due without events.
  private func runTimers() -> [Alert] {
    let shares = rules.shares
    let contexts = contexts
    let watermark = watermark
    var wanted = ShareSet()
    for (number, share) in shares.enumerated() where share.nextTimer <= watermark {
      wanted.insert(ShareSet(share: number))
    }
    for context in contexts.dropFirst() { context.batch.follow(batch) }
    pool.run(wanted) { shares[$0].runTimers(upTo: watermark, in: contexts[$0]) }
    return takeAlerts()
  }

  /// Years 1900 to 2115. What a log claims beyond is moved there, so that no difference of two times and no sum of a time
  /// and a rule's duration overflows.
  private static let earliest: Int64 = -2_208_988_800_000_000_000
  private static let latest: Int64 = 4_600_000_000_000_000_000

  /// Moves the watermark along the events of the batch.
  private func advance() {
    let batch = batch
    let watermarks = watermarks
    if !hasBegun {
      hasBegun = true
      for share in rules.shares { share.forgetTimers() }
      for rule in rules.rules where rule.detector.began == nil { rule.detector.began = batch.times[0] }
    }
    var watermark = watermark
    var ended = ended
    var late = 0
    latest.withUnsafeMutableBufferPointer { latest in
      for index in 0..<batch.count {
        let time = min(max(batch.times[index], Pipeline.earliest), Pipeline.latest)
        batch.times[index] = time
        let source = Int(batch.sources[index])
        isSilent[source] = false
        if time < watermark { late += 1 }
        if time > latest[source] {
          latest[source] = time
          ended = max(ended, time)
          var least = time
          if latest.count > 1 {
            for (other, time) in latest.enumerated() where time < least && time != .min && !isSilent[other] {
              least = time
            }
          }
          watermark = max(watermark, least - lateness)
        }
        watermarks[index] = watermark
      }
    }
    self.watermark = watermark
    self.ended = ended
    lateEvents += late
  }

  // MARK: - Saved state

  /// Counts everything that can change what is saved.
  package var changes: Int { rules.rules.reduce(events) { $0 &+ $1.detector.changes } }

  /// Writes where the stream stands: to be called between two batches.
  package func saveStream(to writer: StateWriter) {
    writer.write(.stream)
    writer.write(sourceNames)
    for source in latest.indices {
      writer.write(latest[source] == .max ? resumable[source] : latest[source])
      writer.write(isSilent[source])
    }
    writer.write(watermark)
    writer.write(ended)
  }

  /// Takes over where a stream stood, in place of all sources added before. Sources that were there then count as ended
  /// until ``resumeSource(_:)``.
  ///
  /// - Throws: when the state makes no sense; nothing has changed then.
  package func restoreStream(from reader: inout StateReader) throws(StateError) {
    try reader.expect(.stream)
    let names = try reader.texts()
    guard names.count <= Pipeline.sourceLimit else { throw StateError(message: "\(names.count) sources are too many") }
    var latest: [Int64] = []
    var isSilent: [Bool] = []
    for _ in names {
      latest.append(try reader.time())
      isSilent.append(try reader.bool())
    }
    let watermark = try reader.time()
    let ended = try reader.time()
    self.watermark = watermark
    self.ended = ended
    self.isSilent = isSilent
    sourceNames = names
    resumable = latest
    self.latest = Array(repeating: .max, count: latest.count)
  }

  /// A source of the saved stream is being read again.
  package func resumeSource(_ source: UInt16) { latest[Int(source)] = resumable[Int(source)] }
}
