import StellaEffects
import StellaEngine
import StellaImport
import StellaModel
import Synchronization

/// Asks declared endpoints for their metrics, each at its times and never twice at once, and puts them into the intake journal.
final class ScrapeLoops: Sendable {
  /// Bytes of one entry of the journal, about.
  private static let pieceBytes = 1 << 20

  private struct State {
    var tasks: [Task<Void, Never>] = []
    var runs = 0
    var samples = 0
    var failing: Set<String> = []
    var dropped = 0
  }

  private let scraper: Scraper
  private let journal: IntakeJournal
  private let state = Mutex(State())

  init(_ scrapes: [ScrapeSettings], secrets: any SecretSource, journal: IntakeJournal) {
    scraper = Scraper(secrets: secrets)
    self.journal = journal
    let tasks = scrapes.map { scrape in Task { await self.ask(scrape) } }
    state.withLock { $0.tasks = tasks }
  }

  /// Asks no more.
  func end() async {
    let tasks = state.withLock { $0.tasks }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
    await scraper.end()
  }

  /// How many were asked, how many samples that gave, which fail, and how many events found no room in the journal.
  var progress: (runs: Int, samples: Int, failing: [String], dropped: Int) {
    state.withLock { ($0.runs, $0.samples, $0.failing.sorted(), $0.dropped) }
  }

  private func ask(_ scrape: ScrapeSettings) async {
    let every = scrape.every.nanoseconds
    while !Task.isCancelled {
      let since = (SystemTime().now() - scrape.offsetNanoseconds) % every
      do { try await Task.sleep(for: .nanoseconds(every - since)) } catch { return }
      let began = SystemTime().now()
      let (answer, nanoseconds) = await scraper.ask(scrape)
      // What a cancelled question came to says nothing.
      if Task.isCancelled { return }
      let result = ScrapeEvents.result(of: answer, scrape, time: began, nanoseconds: nanoseconds)
      let dropped = await append(result.lines)
      state.withLock { state in
        state.runs += 1
        state.samples += result.samples
        if result.isOK { state.failing.remove(scrape.name) } else { state.failing.insert(scrape.name) }
        state.dropped += dropped
      }
    }
  }

  /// - Returns: how many events found no room.
  private func append(_ lines: [UInt8]) async -> Int {
    var rest = lines[...]
    var dropped = 0
    while !rest.isEmpty {
      let head = rest.prefix(Self.pieceBytes)
      let end =
        head.count == rest.count
        ? rest.endIndex : (head.lastIndex(of: 0x0a) ?? rest.firstIndex(of: 0x0a)).map { $0 + 1 }
      let piece = rest[..<(end ?? rest.endIndex)]
      do throws(IntakeError) { try await journal.append(Array(piece)) } catch { dropped += piece.count { $0 == 0x0a } }
      rest = rest[piece.endIndex...]
    }
    return dropped
  }
}
