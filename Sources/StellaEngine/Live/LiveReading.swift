import Glibc
import StellaDetection
import StellaModel

/// Reads files and streams into an ``EventConsumer`` until their end or an interrupt.
///
/// Several files that are not followed are merged by time. Followed sources take turns. One thread runs it.
final class LiveReading {
  private let options: WatchOptions
  private let consumer: any EventConsumer
  private let onNotice: (WatchNotice) -> Void
  private(set) var readers: [SourceReader] = []
  private var ended: Set<UInt16> = []
  /// Those that had nothing more when they were last asked.
  private var resting: Set<UInt16> = []
  /// When each source brought something last, by the monotonic clock.
  private var lastData: [UInt16: Int64] = [:]
  private var lastRest: Int64 = 0
  private var lastRescan: Int64 = 0
  private var sets: [(input: WatchOptions.Input, files: FileSet)] = []
  private var journals: [JournalSource] = []
  private var logs: [LogBufferSource] = []
  private var announced: Set<UInt16> = []
  private var untimed: Set<UInt16> = []
  private var binary: Set<UInt16> = []
  private var troubles: [String: String] = [:]
  /// Patterns of which was told that nothing matches them.
  private var awaited: Set<String> = []
  private var hasRefused = false
  private var lastHousekeeping: Int64 = 0
  /// Logs are read to their ends.
  private var isDraining = false
  private static let housekeepingInterval: Int64 = 1_000_000_000
  /// Blocks that one source may bring before the next has its turn.
  private static let turn = 16

  /// Opens the sources.
  ///
  /// - Parameter positions: where sources were left, by key.
  /// - Throws: when a source can't be opened.
  init(
    options: WatchOptions, positions: [String: SourcePosition], consumer: any EventConsumer,
    onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    self.options = options
    self.consumer = consumer
    self.onNotice = onNotice
    for input in options.inputs {
      let files = try FileSet(input.paths, follow: options.follow, from: input.from, saved: positions)
      sets.append((input, files))
    }
    // Whatever else is read from where: what was acknowledged is used once.
    journals = options.journals.map { JournalSource($0, saved: positions[JournalSource.key($0)]) }
    let resumed = sets.lazy.filter { $0.input.from == .checkpoint }.flatMap(\.files.sources).map(\.key)
    logs = options.logs.map { LogBufferSource($0.buffer, name: $0.name, masking: options.masking) }
    let keys = resumed + journals.map(\.key) + logs.map(\.key)
    consumer.begin(resuming: keys.filter { positions[$0] != nil })
    for (input, files) in sets {
      for source in files.sources { add(source, input) }
      for error in files.skipped { onNotice(.trouble(source: error.path, message: error.message)) }
      for pattern in files.unmatched {
        awaited.insert(pattern)
        onNotice(.trouble(source: pattern, message: WatchNotice.awaited))
      }
    }
    for journal in journals { add(journal, WatchOptions.Input(paths: [], format: .json)) }
    for (log, settings) in zip(logs, options.logs) {
      add(log, WatchOptions.Input(paths: [], format: .json, service: settings.service))
    }
  }

  private func add(_ source: any ByteSource, _ input: WatchOptions.Input) {
    // Batches of sources that are merged take over each other's records, which then have to be text.
    let records = options.follow ? source as? LogBufferSource : nil
    // Journals and logs, of which there are few, always find room.
    let isFile = !(source is JournalSource || source is LogBufferSource)
    if isFile, readers.count >= options.fileLimit { return refuse(source) }
    let added = consumer.addSource(source.key) { number in
      SourceReader(
        splitter: LineSplitter(
          source: source, index: number, lineLimit: options.lineLimit, readBytes: options.readBytes, records: records),
        number: number, format: input.format, service: input.service,
        clock: SourceClock(
          year: input.year, reference: source.modificationTime ?? WallTime.now(), zone: input.zone),
        fields: consumer.fields, holdsJumps: options.holdsJumps,
        // A pipe that pauses must not keep its first lines from being seen, and what was taken in has its time.
        holdsHeads: source.modificationTime != nil || !options.follow,
        // What came over the network was masked before it was stored; log calls are as they are read.
        masking: source is JournalSource || source is LogBufferSource ? nil : options.masking,
        decoder: records.map { CallRecordDecoder($0.names) })
    }
    guard let reader = added else { return refuse(source) }
    readers.append(reader)
    lastData[reader.number] = machineMonotonicTime()
    let notice = (source as? FileSource)?.notice ?? (source as? JournalSource)?.notice
    if let notice { onNotice(.source("\(source.name): \(notice)")) }
  }

  /// One source more than can be told apart. Told of the first: there may be thousands.
  private func refuse(_ source: any ByteSource) {
    source.close()
    if hasRefused { return }
    hasRefused = true
    let message =
      "\(CountText.count(readers.count, "source")) are read, and no more can be. Remove old files or narrow the pattern, "
      + "and start Stella again: files that are gone don't count then."
    onNotice(.trouble(source: source.name, message: message))
  }

  /// Runs to the end. Returns whether an interrupt ended it.
  ///
  /// - Parameter interrupts: signals; SIGHUP reloads, the others end the run in order.
  func run(interrupts: (any RunControl)?) throws -> Bool {
    defer {
      for set in sets { set.files.close() }
      for journal in journals { journal.close() }
      for log in logs { log.close() }
    }
    consumer.clear()
    // What a followed reading has told of stands, also when the next one goes on to the end.
    try consumer.repeatSteps(repeatSteps)
    try consumer.endWhatPeopleResolved(isStart: true)
    if options.follow { return try follow(interrupts) }
    if readers.count == 1 { return try readToEnd(readers[0], interrupts) }
    return try mergeToEnd(interrupts)
  }

  /// The sources that may have more at once, by their numbers; all of them before they were asked.
  var busy: [UInt16] {
    readers.map(\.number).filter { !resting.contains($0) && !ended.contains($0) }
  }

  /// Whether a source has nothing more at present. Pipes alone have no such place that could be told from a pause.
  var hasLiveEnd: Bool {
    !resting.isEmpty || readers.allSatisfy { ended.contains($0.number) || $0.splitter.source is StreamSource }
  }

  private func isInterrupted(_ interrupts: (any RunControl)?) throws -> Bool {
    guard let interrupts else { return false }
    var isEnding = false
    for signal in interrupts.take() {
      if signal == .hangup { try consumer.reloadWhenWritten() } else { isEnding = true }
    }
    return isEnding
  }

  private func readToEnd(_ reader: SourceReader, _ interrupts: (any RunControl)?) throws -> Bool {
    while true {
      if try isInterrupted(interrupts) { return true }
      switch try reader.fill(consumer.batch) {
      case .more:
        noteBinary(reader)
        try consumer.consume()
      case .idle:
        // A pipe that has nothing yet; regular files end.
        try waitForStream(interrupts)
      case .end:
        announce(reader)
        end(reader)
        return false
      }
      announce(reader)
      housekeep(force: false)
    }
  }

  private func mergeToEnd(_ interrupts: (any RunControl)?) throws -> Bool {
    var isEnding = false
    let reading = MergedReading(readers, columns: consumer.fields.table.count)
    try reading.run(
      consumer,
      isStopped: {
        isEnding = try isInterrupted(interrupts)
        return isEnding
      }, wait: { try waitForStream(interrupts) }, ended: end,
      used: {
        readers.forEach(noteBinary)
        readers.forEach(announce)
        housekeep(force: false)
      })
    readers.forEach(announce)
    return isEnding
  }

  private lazy var streamWaiter: LiveWaiter? = nil

  private func waitForStream(_ interrupts: (any RunControl)?) throws {
    let waiter = try streamWaiter ?? LiveWaiter(interrupts: interrupts?.descriptor)
    streamWaiter = waiter
    waiter.watch(sets.flatMap(\.files.sources))
    _ = waiter.wait()
  }

  private func follow(_ interrupts: (any RunControl)?) throws -> Bool {
    let waiter = try LiveWaiter(interrupts: interrupts?.descriptor)
    watchAll(waiter)
    // Who is killed before the first save must find out where this began.
    housekeep(force: true)
    while true {
      if try isInterrupted(interrupts) {
        try drainLogs()
        return true
      }
      var isIdle = true
      for reader in readers where !ended.contains(reader.number) {
        if try takeTurn(reader) { isIdle = false }
      }
      try rest()
      if !readers.isEmpty && readers.allSatisfy({ ended.contains($0.number) }) { return false }
      housekeep(force: false)
      try consumer.reloadWhatChanged()
      try consumer.endWhatPeopleResolved(isStart: false)
      // A source that is never idle must not keep new files from being found.
      let isRescanDue = machineMonotonicTime() - lastRescan >= LiveReading.housekeepingInterval
      if !isIdle && !isRescanDue { continue }
      let wake = isIdle ? waiter.wait() : .fallback
      if wake.contains(.directory) || wake.contains(.fallback) || isRescanDue {
        lastRescan = machineMonotonicTime()
        if findNewFiles() { watchAll(waiter) }
      }
    }
  }

  /// What was logged before the end can't be read again by the next start.
  private func drainLogs() throws {
    for log in logs { log.close() }
    isDraining = true
    for reader in readers where reader.splitter.source is LogBufferSource {
      var looks = 0
      while !ended.contains(reader.number), looks < LiveReading.lastLooks {
        if try takeTurn(reader) || ended.contains(reader.number) { continue }
        // A call that began before the end is about to leave its record.
        looks += 1
        poll(nil, 0, 1)
      }
    }
  }

  /// Milliseconds for a log call to end that began before the engine did.
  private static let lastLooks = 50

  // MARK: - What was done before

  /// How long to wait for events that were there before: a rotated file is left only when it was silent for a while.
  private static let repeatPatience: Int64 = 3_000_000_000

  /// Does again what was done after the checkpoint that was restored, in the same order.
  private func repeatSteps(_ steps: [ReadingStep]) throws {
    if steps.isEmpty { return }
    let waiter = try LiveWaiter()
    watchAll(waiter)
    for step in steps {
      switch step {
      case .events(let source, let count): try repeatEvents(of: source, count, waiter)
      case .rest(let silent, let nanoseconds): try consumer.rest(silent: silent, nanoseconds: nanoseconds)
      case .source: break
      case .ended(let closings): try consumer.endByHand(closings)
      case .confirmed(let source, let now):
        if let reader = readers.first(where: { $0.number == source }) { try confirm(reader, at: now) }
      case .end(let source):
        if let reader = readers.first(where: { $0.number == source }), !ended.contains(source) { end(reader) }
      }
    }
  }

  private func repeatEvents(of source: UInt16, _ count: Int, _ waiter: LiveWaiter) throws {
    guard let reader = readers.first(where: { $0.number == source }) else {
      onNotice(
        .source(
          "\(CountText.count(count, "event")) of a source that is read no more \(count == 1 ? "was" : "were") not found again"
        ))
      return
    }
    if reader.splitter.source is LogBufferSource {
      onNotice(
        .source(
          "\(reader.name): \(CountText.count(count, "event that was", "events that were")) read after the last save \(count == 1 ? "is" : "are") lost"
        ))
      return
    }
    defer { consumer.batch.limit = EventBatch.capacity }
    var left = count
    var since = machineMonotonicTime()
    while left > 0 {
      consumer.batch.limit = min(EventBatch.capacity, left)
      var progress = SourceReader.Progress.idle
      do throws(SourceError) {
        progress = try reader.fill(consumer.batch)
      } catch {
        note(error.message, of: reader.name)
      }
      switch progress {
      case .more where consumer.batch.count > 0:
        left -= consumer.batch.count
        since = machineMonotonicTime()
        try consumer.consume()
      case .more: break
      case .idle where machineMonotonicTime() - since < LiveReading.repeatPatience: _ = waiter.wait()
      case .idle, .end:
        onNotice(
          .source(
            "\(reader.name): \(CountText.count(left, "event that was", "events that were")) read before the last stop \(left == 1 ? "is" : "are") not there any more"
          ))
        return
      }
    }
  }

  /// Reads some of a source; returns whether there may be more at once.
  private func takeTurn(_ reader: SourceReader) throws -> Bool {
    for _ in 0..<LiveReading.turn {
      var progress = SourceReader.Progress.idle
      do throws(SourceError) {
        progress = try reader.fill(consumer.batch)
        note(reader.splitter.source.trouble?.message, of: reader.name)
      } catch {
        note(error.message, of: reader.name)
      }
      switch progress {
      case .more:
        lastData[reader.number] = machineMonotonicTime()
        resting.remove(reader.number)
        noteBinary(reader)
        try consumer.consume()
        announce(reader)
        if hasDrained(reader) {
          try becomeIdle(reader)
          return false
        }
      case .idle:
        try becomeIdle(reader)
        return false
      case .end:
        announce(reader)
        end(reader)
        return false
      }
    }
    return true
  }

  private func becomeIdle(_ reader: SourceReader) throws {
    try confirmHeld(by: reader)
    if !(reader.splitter.source is StreamSource) || isSilent(reader) { resting.insert(reader.number) }
  }

  /// Whether a log was empty when it was read and all that was there is used. What was logged meanwhile waits for the next look: it
  /// would make batches of a few events, each of which costs what a large one does.
  private func hasDrained(_ reader: SourceReader) -> Bool {
    guard !isDraining, !reader.hasMore, let log = reader.splitter.source as? LogBufferSource else { return false }
    return log.isDrained
  }

  /// At the live end of a source an event that lies far ahead of the others, but not of the calendar, follows a gap. A
  /// pipe that pauses may still be in the middle of an old log: only silence is its live end.
  private func confirmHeld(by reader: SourceReader) throws {
    if reader.heldEvents == 0 { return }
    let isPipe = reader.position.identity == nil
    if isPipe, !isSilent(reader) { return }
    try confirm(reader, at: WallTime.now())
  }

  private func isSilent(_ reader: SourceReader) -> Bool {
    machineMonotonicTime() - (lastData[reader.number] ?? 0) >= options.silence
  }

  private func confirm(_ reader: SourceReader, at now: Int64) throws {
    if reader.confirmHeld(upTo: now, into: consumer.batch) > 0 { try consumer.confirmed(reader.number, at: now) }
  }

  /// Tells the consumer, about once a second, who is silent.
  private func rest() throws {
    let now = machineMonotonicTime()
    if now - lastRest < LiveReading.housekeepingInterval { return }
    lastRest = now
    let live = readers.map(\.number).filter { !ended.contains($0) }
    let silent = live.filter { now - (lastData[$0] ?? now) >= options.silence }
    if silent.isEmpty { return }
    let latest = lastData.values.max() ?? now
    try consumer.rest(silent: silent, nanoseconds: silent.count == live.count ? now - latest : 0)
  }

  private func findNewFiles() -> Bool {
    var isNew = false
    for (input, files) in sets {
      for source in files.rescan() {
        add(source, input)
        isNew = true
      }
    }
    if !awaited.isEmpty, sets.allSatisfy(\.files.skipped.isEmpty) {
      for pattern in awaited.subtracting(sets.flatMap(\.files.unmatched)).sorted() {
        awaited.remove(pattern)
        onNotice(.trouble(source: pattern, message: nil))
      }
    }
    return isNew
  }

  private func watchAll(_ waiter: LiveWaiter) {
    waiter.watch(sets.flatMap(\.files.sources) + journals + logs, directories: sets.flatMap(\.files.directories))
  }

  private func note(_ message: String?, of source: String) {
    if troubles[source] == message { return }
    troubles[source] = message
    onNotice(.trouble(source: source, message: message))
  }

  private func end(_ reader: SourceReader) {
    ended.insert(reader.number)
    consumer.endSource(reader.number)
  }

  /// Before what it holds is poured over somebody's screen.
  private func noteBinary(_ reader: SourceReader) {
    if reader.splitter.looksBinary, binary.insert(reader.number).inserted { onNotice(.binary(source: reader.name)) }
  }

  private func announce(_ reader: SourceReader) {
    if options.tellsUntimed, let source = WatchSummary.UntimedSource(reader),
      untimed.insert(reader.number).inserted
    {
      onNotice(.source(source.text))
    }
    guard !announced.contains(reader.number), let notice = reader.formatNotice else { return }
    announced.insert(reader.number)
    onNotice(.format(source: reader.name, notice: notice))
  }

  /// Lets the consumer look after itself, at most once a second, or as often as state is saved, unless forced.
  func housekeep(force: Bool) {
    let now = machineMonotonicTime()
    let interval = min(LiveReading.housekeepingInterval, options.checkpointInterval)
    if !force && now - lastHousekeeping < interval { return }
    lastHousekeeping = now
    consumer.housekeep(force: force)
  }
}
