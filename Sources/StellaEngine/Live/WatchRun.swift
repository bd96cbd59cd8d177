import Glibc
import StellaDetection
import StellaModel
import StellaScripting

/// Reads sources through rules until their end or an interrupt. One thread runs it: ``EngineThread``.
package final class WatchRun {
  private let options: WatchOptions
  private let rules: RuleSet
  private let pipeline: Pipeline
  private let fields: FieldRegister
  private let readers: ReaderTable
  private var sets: [(input: WatchOptions.Input, files: FileSet)] = []
  private let onAlerts: ([Alert]) -> Void
  private let onNotice: (WatchNotice) -> Void
  private var quarantineCounts: [String: Int] = [:]
  private var lastSaved: Int64 = 0
  private static let saveInterval: Int64 = 1_000_000_000

  /// The readers by source number, so that evidence finds its decoder.
  private final class ReaderTable {
    var readers: [SourceReader] = []
    var isEnded: [Bool] = []
  }

  /// Opens the sources.
  ///
  /// - Parameter rules: loaded with the same `fields`.
  /// - Throws: when a source can't be opened or the positions can't be read.
  package init(
    options: WatchOptions, rules: RuleSet, onAlerts: @escaping ([Alert]) -> Void,
    onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    self.options = options
    self.rules = rules
    self.onAlerts = onAlerts
    self.onNotice = onNotice
    fields = rules.fields
    let table = ReaderTable()
    readers = table
    pipeline = Pipeline(rules: rules, lateness: options.lateness) { source, record, time in
      table.readers[Int(source)].event(record, time: time)
    }
    let saved = try options.positions?.positions() ?? [:]
    for input in options.inputs {
      let files = try FileSet(input.paths, follow: options.follow, from: input.from, saved: saved)
      sets.append((input, files))
      for source in files.sources { add(source, input) }
      for error in files.skipped { onNotice(.trouble(source: error.path, message: error.message)) }
      for pattern in files.unmatched {
        onNotice(.trouble(source: pattern, message: "no file matches yet; waiting for one"))
      }
    }
  }

  private func add(_ source: any ByteSource, _ input: WatchOptions.Input) {
    let number = pipeline.addSource(source.name)
    let splitter = LineSplitter(source: source, index: number, lineLimit: options.lineLimit)
    let clock = SourceClock(year: input.year, reference: source.modificationTime ?? wallTime(), zone: input.zone)
    readers.readers.append(
      SourceReader(splitter: splitter, number: number, format: input.format, clock: clock, fields: fields))
    readers.isEnded.append(false)
    if let notice = (source as? FileSource)?.notice { onNotice(.source("\(source.name): \(notice)")) }
  }

  /// Runs to the end.
  ///
  /// - Parameter interrupts: signals; SIGHUP loads the rules anew, the others end the run in order.
  package func run(interrupts: Interrupts?) throws -> WatchSummary {
    let started = machineMonotonicTime()
    var summary = WatchSummary()
    if options.follow {
      summary.wasInterrupted = try follow(interrupts)
    } else if readers.readers.count == 1 {
      summary.wasInterrupted = try readToEnd(readers.readers[0], interrupts)
    } else {
      summary.wasInterrupted = try mergeToEnd(interrupts)
    }
    if !summary.wasInterrupted || !options.follow { deliver(pipeline.finish()) }
    tellOfQuarantine()
    savePositions(force: true)
    for set in sets { set.files.close() }
    summarise(&summary)
    summary.wallNanoseconds = machineMonotonicTime() - started
    return summary
  }

  // MARK: - Reading

  private func isInterrupted(_ interrupts: Interrupts?) -> Bool {
    guard let interrupts else { return false }
    var isEnding = false
    for signal in interrupts.take() {
      if signal == .hangup { reload() } else { isEnding = true }
    }
    return isEnding
  }

  private func readToEnd(_ reader: SourceReader, _ interrupts: Interrupts?) throws -> Bool {
    pipeline.clear()
    while true {
      if isInterrupted(interrupts) { return true }
      switch try reader.fill(pipeline.batch) {
      case .more: process()
      case .idle, .end:
        ended(reader)
        return false
      }
      announce(reader)
    }
  }

  private func mergeToEnd(_ interrupts: Interrupts?) throws -> Bool {
    var isEnding = false
    let reading = MergedReading(readers.readers, columns: pipeline.wantedColumns)
    try reading.run(
      pipeline,
      isStopped: {
        isEnding = isEnding || isInterrupted(interrupts)
        return isEnding
      }, ended: { ended($0) },
      use: {
        process()
        readers.readers.forEach(announce)
      })
    return isEnding
  }

  private func follow(_ interrupts: Interrupts?) throws -> Bool {
    let waiter = try LiveWaiter(interrupts: interrupts?.descriptor)
    watchAll(waiter)
    var troubles: [String: String] = [:]
    pipeline.clear()
    while true {
      if isInterrupted(interrupts) { return true }
      var isIdle = true
      for (number, reader) in readers.readers.enumerated() where !readers.isEnded[number] {
        // A turn is bounded, so that one busy source does not starve the others.
        for _ in 0..<16 {
          var progress = SourceReader.Progress.idle
          do throws(SourceError) {
            progress = try reader.fill(pipeline.batch)
            note(reader.splitter.source.trouble?.message, of: reader.name, in: &troubles)
          } catch {
            note(error.message, of: reader.name, in: &troubles)
          }
          guard case .more = progress else {
            if case .end = progress { ended(reader) }
            break
          }
          process()
          announce(reader)
          isIdle = false
        }
      }
      if readers.isEnded.allSatisfy({ $0 }) && !readers.readers.isEmpty { return false }
      savePositions(force: false)
      if !isIdle { continue }
      let wake = waiter.wait()
      if wake.contains(.directory) || wake.contains(.fallback) {
        var isNew = false
        for (input, files) in sets {
          for source in files.rescan() {
            add(source, input)
            isNew = true
          }
        }
        if isNew { watchAll(waiter) }
      }
    }
  }

  private func watchAll(_ waiter: LiveWaiter) {
    waiter.watch(sets.flatMap(\.files.sources), directories: sets.flatMap(\.files.directories))
  }

  private func note(_ message: String?, of source: String, in troubles: inout [String: String]) {
    if troubles[source] == message { return }
    troubles[source] = message
    onNotice(.trouble(source: source, message: message))
  }

  private func ended(_ reader: SourceReader) {
    readers.isEnded[Int(reader.number)] = true
    pipeline.endSource(reader.number)
  }

  private var announced: Set<UInt16> = []
  private var batches = 0

  private func announce(_ reader: SourceReader) {
    guard let notice = reader.formatNotice, announced.insert(reader.number).inserted else { return }
    onNotice(.format(source: reader.name, notice: notice))
  }

  // MARK: - Processing

  private func process() {
    deliver(pipeline.process())
    batches += 1
    if batches % 256 == 0 { tellOfQuarantine() }
  }

  private func deliver(_ alerts: [Alert]) {
    if !alerts.isEmpty { onAlerts(alerts) }
  }

  /// Tells of rules that were sent to rest since the last look.
  private func tellOfQuarantine() {
    for rule in pipeline.rules.failingRules where rule.rests > quarantineCounts[rule.id] ?? 0 {
      quarantineCounts[rule.id] = rule.rests
      onNotice(.quarantined(rule: rule.id, error: rule.error))
    }
  }

  // MARK: - Rules

  /// Loads the rules anew between two batches. Broken files keep everything as it was.
  private func reload() {
    let (sources, unreadable) = RuleFiles.read(options.rulePaths)
    let old = pipeline.rules
    let new = RuleSet(
      sources: sources, parameters: options.parameters, fields: fields, previous: old, unreadable: unreadable)
    let known = Set(old.refusals.map(\.file))
    let broken = new.refusals.filter { !known.contains($0.file) }
    if !broken.isEmpty || (new.rules.isEmpty && !old.rules.isEmpty) {
      onNotice(.reloadRefused(broken.flatMap(\.errors)))
      return
    }
    pipeline.replace(new)
    let kept = new.rules.count { rule in old.rules.contains { $0.detector === rule.detector } }
    onNotice(.reloaded(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
  }

  // MARK: - Positions

  private func savePositions(force: Bool) {
    guard let store = options.positions else { return }
    let now = machineMonotonicTime()
    if !force && now - lastSaved < WatchRun.saveInterval { return }
    lastSaved = now
    tellOfQuarantine()
    var positions: [String: SourcePosition] = [:]
    for reader in readers.readers where reader.position.identity != nil {
      positions[reader.splitter.source.key] = reader.position
    }
    if positions.isEmpty { return }
    do throws(StoreError) { try store.save(positions) } catch { onNotice(.positionsNotSaved("\(error)")) }
  }

  // MARK: - The end

  private func summarise(_ summary: inout WatchSummary) {
    summary.events = pipeline.events
    summary.lateEvents = pipeline.lateEvents
    for reader in readers.readers {
      summary.bytes += reader.splitter.bytesRead
      summary.linesCut += reader.splitter.linesCut
      summary.repairedLines += reader.failures.repaired
      if reader.failures.count > 0 {
        summary.decodeFailures.append(
          .init(source: reader.name, count: reader.failures.count, samples: reader.failures.samples))
      }
    }
    let rules = pipeline.rules
    summary.refusals = rules.refusals
    summary.firedByRule = rules.rules.map { ($0.manifest.id, $0.detector.firedAlerts) }.filter { $0.1 > 0 }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    summary.pending = rules.rules.flatMap(\.detector.pendingAlerts)
    summary.evictions = rules.rules.map { ($0.manifest.id, $0.detector.evictions) }.filter { $0.1 > 0 }
    summary.quarantined = rules.failingRules.map { ($0.id, $0.failures, $0.error) }
  }

  private func wallTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
