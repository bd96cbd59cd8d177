import StellaEffects
import StellaEngine
import StellaImport
import StellaModel
import Synchronization

/// Asks what is declared, each at its times and never twice at once, and puts what came of it into the intake journal.
final class PollLoops<Settings: PolledSettings>: Sendable {
  /// What came of a question.
  struct Outcome {
    /// Events, each a line of JSON with its end.
    var lines: [UInt8]
    var isOK: Bool
    /// What they tell of, where that is counted.
    var samples = 0
  }

  /// How all of it fares. Counters only grow.
  struct Progress {
    var runs = 0
    var samples = 0
    /// Names of what answered badly or not at all, the last time.
    var failing: Set<String> = []
    /// Events that found no room in the journal.
    var dropped = 0

    var told: String { told(with: nil) }

    /// For people. That a service is down says nothing about who asks it.
    func told(with more: String?) -> String {
      var parts = [CountText.count(runs, "run")] + [more].compactMap(\.self)
      if !failing.isEmpty { parts.append("failing: \(failing.sorted().joined(separator: ", "))") }
      if dropped > 0 { parts.append("\(CountText.count(dropped, "event")) not kept") }
      return parts.joined(separator: ", ")
    }
  }

  private struct State {
    var tasks: [Task<Void, Never>] = []
    var progress = Progress()
  }

  private let journal: IntakeJournal
  private let ask: @Sendable (Settings, _ began: Int64) async -> Outcome
  private let close: @Sendable () async -> Void
  private let state = Mutex(State())

  /// Begins to ask.
  ///
  /// - Parameters:
  ///   - ask: a question, which comes to its end within the timeout.
  ///   - close: called when no further question comes.
  init(
    _ all: [Settings], journal: IntakeJournal, ask: @escaping @Sendable (Settings, Int64) async -> Outcome,
    close: @escaping @Sendable () async -> Void
  ) {
    (self.journal, self.ask, self.close) = (journal, ask, close)
    let tasks = all.map { settings in Task { await self.poll(settings) } }
    state.withLock { $0.tasks = tasks }
  }

  /// Asks no more.
  func end() async {
    let tasks = state.withLock { $0.tasks }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
    await close()
  }

  var progress: Progress { state.withLock { $0.progress } }

  private func poll(_ settings: Settings) async {
    let every = settings.every.nanoseconds
    var last: Int64?
    while !Task.isCancelled {
      let since = (SystemTime().now() - settings.offsetNanoseconds) % every
      do { try await Task.sleep(for: .nanoseconds(every - since)) } catch { return }
      let now = machineMonotonicTime()
      if Self.isTooEarly(at: now, after: last, every: every) { continue }
      last = now
      let outcome = await ask(settings, SystemTime().now())
      // What a cancelled question came to says nothing.
      if Task.isCancelled { return }
      let dropped = await append(outcome.lines)
      state.withLock { state in
        state.progress.runs += 1
        state.progress.samples += outcome.samples
        state.progress.dropped += dropped
        if outcome.isOK {
          state.progress.failing.remove(settings.name)
        } else {
          state.progress.failing.insert(settings.name)
        }
      }
    }
  }

  /// Whether the last question began so shortly before that this is still its time. Sleep goes by another clock than the moments to
  /// ask at: where that one is being set slower, it ends a little before them.
  static func isTooEarly(at now: Int64, after last: Int64?, every: Int64) -> Bool {
    last.map { now - $0 < every / 2 } ?? false
  }

  /// - Returns: how many events found no room.
  private func append(_ lines: [UInt8]) async -> Int {
    var dropped = 0
    // About what one entry of the journal has.
    for piece in LinePieces(lines, of: 1 << 20) {
      do throws(IntakeError) { try await journal.append(Array(piece)) } catch { dropped += piece.count { $0 == 0x0a } }
    }
    return dropped
  }
}

extension PollLoops<ProbeSettings> {
  /// Asks services whether they answer.
  convenience init(probing probes: [ProbeSettings], secrets: any SecretSource, journal: IntakeJournal) {
    let prober = Prober(secrets: secrets)
    self.init(
      probes, journal: journal,
      ask: { probe, began in
        let result = await prober.run(probe)
        return Outcome(lines: result.line(of: probe, time: began), isOK: result.isOK)
      }, close: { await prober.end() })
  }
}

extension PollLoops<ScrapeSettings> {
  /// Asks endpoints for their metrics.
  convenience init(scraping scrapes: [ScrapeSettings], secrets: any SecretSource, journal: IntakeJournal) {
    let scraper = Scraper(secrets: secrets)
    self.init(
      scrapes, journal: journal,
      ask: { scrape, began in
        let (answer, nanoseconds) = await scraper.ask(scrape)
        let result = ScrapeEvents.result(of: answer, scrape, time: began, nanoseconds: nanoseconds)
        return Outcome(lines: result.lines, isOK: result.isOK, samples: result.samples)
      }, close: { await scraper.end() })
  }
}
