import Glibc
import StellaDetection
import StellaModel

/// Reads files and streams into an ``EventConsumer`` until their end or an interrupt, and keeps their positions.
///
/// Several files that are not followed are merged by time. Followed sources take turns. One thread runs it.
final class LiveReading {
  private let options: WatchOptions
  private let consumer: any EventConsumer
  private let onNotice: (WatchNotice) -> Void
  private(set) var readers: [SourceReader] = []
  private var isEnded: [Bool] = []
  /// When each source brought something last, by the monotonic clock.
  private var lastData: [Int64] = []
  private var lastRest: Int64 = 0
  private var lastRescan: Int64 = 0
  private var sets: [(input: WatchOptions.Input, files: FileSet)] = []
  private var announced: Set<UInt16> = []
  private var troubles: [String: String] = [:]
  private var lastHousekeeping: Int64 = 0
  private var savedPositions: [String: SourcePosition] = [:]
  private var positionTrouble: StoreError?
  private static let housekeepingInterval: Int64 = 1_000_000_000
  /// Blocks that one source may bring before the next has its turn.
  private static let turn = 16

  /// Opens the sources.
  ///
  /// - Throws: when a source can't be opened or the positions can't be read.
  init(options: WatchOptions, consumer: any EventConsumer, onNotice: @escaping (WatchNotice) -> Void) throws {
    self.options = options
    self.consumer = consumer
    self.onNotice = onNotice
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
    let reader = consumer.addSource { number in
      SourceReader(
        splitter: LineSplitter(
          source: source, index: number, lineLimit: options.lineLimit, readBytes: options.readBytes),
        number: number, format: input.format, service: input.service,
        clock: SourceClock(
          year: input.year, reference: source.modificationTime ?? WallTime.now(), zone: input.zone),
        fields: consumer.fields, holdsJumps: options.holdsJumps)
    }
    readers.append(reader)
    isEnded.append(false)
    lastData.append(machineMonotonicTime())
    if let notice = (source as? FileSource)?.notice { onNotice(.source("\(source.name): \(notice)")) }
  }

  /// Runs to the end. Returns whether an interrupt ended it.
  ///
  /// - Parameter interrupts: signals; SIGHUP reloads, the others end the run in order.
  func run(interrupts: Interrupts?) throws -> Bool {
    defer { for set in sets { set.files.close() } }
    consumer.clear()
    if options.follow { return try follow(interrupts) }
    if readers.count == 1 { return try readToEnd(readers[0], interrupts) }
    return try mergeToEnd(interrupts)
  }

  private func isInterrupted(_ interrupts: Interrupts?) throws -> Bool {
    guard let interrupts else { return false }
    var isEnding = false
    for signal in interrupts.take() {
      if signal == .hangup { try consumer.reload() } else { isEnding = true }
    }
    return isEnding
  }

  private func readToEnd(_ reader: SourceReader, _ interrupts: Interrupts?) throws -> Bool {
    while true {
      if try isInterrupted(interrupts) { return true }
      switch try reader.fill(consumer.batch) {
      case .more: try consumer.consume()
      case .idle:
        // A pipe that has nothing yet; regular files end.
        try waitForStream(interrupts)
      case .end:
        announce(reader)
        ended(reader)
        return false
      }
      announce(reader)
      housekeep(force: false)
    }
  }

  private func mergeToEnd(_ interrupts: Interrupts?) throws -> Bool {
    var isEnding = false
    let reading = MergedReading(readers, columns: consumer.fields.table.count)
    try reading.run(
      consumer,
      isStopped: {
        isEnding = try isInterrupted(interrupts)
        return isEnding
      }, wait: { try waitForStream(interrupts) }, ended: ended,
      used: {
        readers.forEach(announce)
        housekeep(force: false)
      })
    readers.forEach(announce)
    return isEnding
  }

  private lazy var streamWaiter: LiveWaiter? = nil

  private func waitForStream(_ interrupts: Interrupts?) throws {
    let waiter = try streamWaiter ?? LiveWaiter(interrupts: interrupts?.descriptor)
    streamWaiter = waiter
    waiter.watch(sets.flatMap(\.files.sources))
    _ = waiter.wait()
  }

  private func follow(_ interrupts: Interrupts?) throws -> Bool {
    let waiter = try LiveWaiter(interrupts: interrupts?.descriptor)
    watchAll(waiter)
    // Who is killed before the first save must find out where this began.
    housekeep(force: true)
    while true {
      if try isInterrupted(interrupts) { return true }
      var isIdle = true
      for (number, reader) in readers.enumerated() where !isEnded[number] {
        if try takeTurn(reader) { isIdle = false }
      }
      try rest()
      if isEnded.allSatisfy({ $0 }) && !readers.isEmpty { return false }
      housekeep(force: false)
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
        lastData[Int(reader.number)] = machineMonotonicTime()
        try consumer.consume()
        announce(reader)
      case .idle:
        try confirmHeld(by: reader)
        return false
      case .end:
        announce(reader)
        ended(reader)
        return false
      }
    }
    return true
  }

  /// At the live end of a source an event that lies far ahead of the others, but not of the calendar, follows a gap. A
  /// pipe that pauses may still be in the middle of an old log: only silence is its live end.
  private func confirmHeld(by reader: SourceReader) throws {
    if reader.heldEvents == 0 { return }
    let isPipe = reader.position.identity == nil
    if isPipe, machineMonotonicTime() - lastData[Int(reader.number)] < options.silence { return }
    if reader.confirmHeld(upTo: WallTime.now(), into: consumer.batch) > 0 { try consumer.consume() }
  }

  /// Tells the consumer, about once a second, who is silent.
  private func rest() throws {
    let now = machineMonotonicTime()
    if now - lastRest < LiveReading.housekeepingInterval { return }
    lastRest = now
    let live = readers.indices.filter { !isEnded[$0] }
    let silent = live.filter { now - lastData[$0] >= options.silence }
    if silent.isEmpty { return }
    let latest = lastData.max() ?? now
    try consumer.rest(
      silent: silent.map { readers[$0].number }, nanoseconds: silent.count == live.count ? now - latest : 0)
  }

  private func findNewFiles() -> Bool {
    var isNew = false
    for (input, files) in sets {
      for source in files.rescan() {
        add(source, input)
        isNew = true
      }
    }
    return isNew
  }

  private func watchAll(_ waiter: LiveWaiter) {
    waiter.watch(sets.flatMap(\.files.sources), directories: sets.flatMap(\.files.directories))
  }

  private func note(_ message: String?, of source: String) {
    if troubles[source] == message { return }
    troubles[source] = message
    onNotice(.trouble(source: source, message: message))
  }

  private func ended(_ reader: SourceReader) {
    isEnded[Int(reader.number)] = true
    consumer.endSource(reader.number)
  }

  private func announce(_ reader: SourceReader) {
    guard !announced.contains(reader.number), let notice = reader.formatNotice else { return }
    announced.insert(reader.number)
    onNotice(.format(source: reader.name, notice: notice))
  }

  // MARK: - Positions

  /// Saves positions and lets the consumer look after itself, at most once a second unless forced.
  func housekeep(force: Bool) {
    let now = machineMonotonicTime()
    if !force && now - lastHousekeeping < LiveReading.housekeepingInterval { return }
    lastHousekeeping = now
    consumer.housekeep()
    guard let store = options.positions else { return }
    var positions: [String: SourcePosition] = [:]
    for reader in readers where reader.position.identity != nil {
      positions[reader.splitter.source.key] = reader.position
    }
    // A durable commit each second would keep a disk awake for nothing.
    positions = positions.filter { savedPositions[$0.key] != $0.value }
    if positions.isEmpty { return }
    do throws(StoreError) {
      try store.save(positions)
      savedPositions.merge(positions) { $1 }
      positionTrouble = nil
    } catch {
      if positionTrouble != error { onNotice(.positionsNotSaved("\(error)")) }
      positionTrouble = error
    }
  }
}
