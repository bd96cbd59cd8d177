import Glibc
import StellaConfiguration
import StellaEffects
import StellaEngine
import StellaModel
import StellaSQLite
import StellaServer
import Synchronization

/// What `stella serve` takes in besides files and HTTP, as `stella.yaml` declares it. All of it goes through the intake journal.
final class NetworkSources: Sendable {
  private struct State {
    var syslog: (server: SyslogServer, intake: SyslogIntake)?
    var journald: JournaldFeed?
    var probes: PollLoops<ProbeSettings>?
    var scrapes: PollLoops<ScrapeSettings>?
  }

  private let state = Mutex(State())
  private let note: @Sendable (String) -> Void

  /// - Parameter note: told what a person should know.
  init(note: @escaping @Sendable (String) -> Void) { self.note = note }

  static func areDeclared(in configuration: Configuration) -> Bool {
    configuration.syslog != nil || configuration.journald != nil || !configuration.probes.isEmpty
      || !configuration.scrapes.isEmpty
  }

  /// - Throws: when something can't be begun; nothing runs then.
  func begin(_ configuration: Configuration, _ journal: IntakeJournal, _ directory: StateDirectory) async throws {
    do {
      try Self.checkAuthorities(configuration.probes, in: "probes")
      try Self.checkAuthorities(configuration.scrapes, in: "scrape")
      if !configuration.probes.isEmpty {
        let secrets = try SecretBook(configuration.secrets, environment: Configuration.environment)
        for case .redis(_, let password?) in configuration.probes.map(\.kind) { _ = try secrets.value(of: password) }
        let probes = PollLoops(probing: configuration.probes, secrets: secrets, journal: journal)
        state.withLock { $0.probes = probes }
        note("asking \(CountText.count(configuration.probes.count, "probe"))")
      }
      if !configuration.scrapes.isEmpty {
        let secrets = try SecretBook(configuration.secrets, environment: Configuration.environment)
        for token in configuration.scrapes.compactMap(\.token) { _ = try secrets.value(of: token) }
        let scrapes = PollLoops(scraping: configuration.scrapes, secrets: secrets, journal: journal)
        state.withLock { $0.scrapes = scrapes }
        note("scraping \(CountText.count(configuration.scrapes.count, "endpoint"))")
      }
      if let settings = configuration.journald {
        let feed = try JournaldFeed(
          settings, journal: journal, directory: directory.path, segments: directory.intake, note: note)
        state.withLock { $0.journald = feed }
        note("reading systemd's journal")
      }
      if let settings = configuration.syslog { try await beginSyslog(settings, journal) }
    } catch {
      await end()
      throw error
    }
  }

  /// What can't be read would make every question fail.
  private static func checkAuthorities(_ all: [any PolledSettings], in section: String) throws {
    for settings in all {
      guard let trouble = authorityTrouble(settings) else { continue }
      throw CommandFailure(.usage, TextEscaping.oneLine("\(section).\(settings.name): \(trouble).", limit: 500))
    }
  }

  /// Why the certificates to believe can't be read; nil where they can, or none are named.
  static func authorityTrouble(_ settings: any PolledSettings) -> String? {
    guard let file = settings.caFile, access(file, R_OK) != 0 else { return nil }
    return "ca_file \(file) can't be read: \(String(cString: strerror(errno)))"
  }

  private func beginSyslog(_ settings: SyslogSettings, _ journal: IntakeJournal) async throws {
    guard let zone = settings.timeZone.map({ TimeZones.rules($0) }) ?? .utc else {
      throw CommandFailure(
        .usage,
        "syslog.tz: there is no time zone \(settings.timeZone ?? ""). Use an IANA name such as Europe/Berlin, or +02:00."
      )
    }
    let lines = SyslogLinesInUse(zone)
    let intake = SyslogIntake(settings, convert: lines.lines) { bytes in
      do throws(IntakeError) {
        try await journal.append(bytes)
        return .taken
      } catch {
        return error.code == .ended ? .ended : .later(error.message)
      }
    }
    let server = try await SyslogServer(settings, intake, note: note)
    state.withLock { $0.syslog = (server, intake) }
    note("taking syslog at \(server.addresses.joined(separator: ", "))")
  }

  /// How they fare.
  @Sendable func health() -> [Health.Part] {
    let (syslog, journald, probes, scrapes) = state.withLock {
      ($0.syslog?.intake, $0.journald, $0.probes, $0.scrapes)
    }
    var parts: [Health.Part] = []
    if let syslog {
      let figures = syslog.figures
      let losses = figures.losses()
      let told = CountText.count(figures.messages, "message") + (losses.isEmpty ? "" : ", " + losses)
      parts.append(Health.Part("syslog", isWell: syslog.trouble == nil, detail: syslog.trouble ?? told))
    }
    if let (entries, trouble) = journald?.progress {
      parts.append(
        Health.Part("journald", isWell: trouble == nil, detail: trouble ?? CountText.count(entries, "entry", "entries"))
      )
    }
    if let progress = probes?.progress { parts.append(Health.Part("probes", isWell: true, detail: progress.told)) }
    if let progress = scrapes?.progress {
      parts.append(
        Health.Part("scrapes", isWell: true, detail: progress.told(with: CountText.count(progress.samples, "sample"))))
    }
    return parts
  }

  /// What they have brought and lost.
  @Sendable func figures() -> SourceFigures {
    let (syslog, journald, probes, scrapes) = state.withLock {
      ($0.syslog?.intake, $0.journald, $0.probes, $0.scrapes)
    }
    var figures = SourceFigures(syslog: syslog?.figures)
    if let journald { figures.journald = (entries: journald.progress.entries, leftOut: journald.leftOut) }
    if let progress = probes?.progress {
      figures.polls.append(
        .init(kind: "probe", runs: progress.runs, failing: progress.failing.count, dropped: progress.dropped))
    }
    if let progress = scrapes?.progress {
      figures.polls.append(
        .init(kind: "scrape", runs: progress.runs, failing: progress.failing.count, dropped: progress.dropped))
    }
    return figures
  }

  /// Messages that were lost, of all that this knows of. Only grows.
  @Sendable func lost() -> Int { figures().lost }

  /// Takes nothing more; what was read is durable on return.
  func end() async {
    let (syslog, journald, probes, scrapes) = state.withLock {
      ($0.syslog?.server, $0.journald, $0.probes, $0.scrapes)
    }
    await probes?.end()
    await scrapes?.end()
    await syslog?.end()
    // On a thread of its own: it waits.
    if let journald { _ = try? await EngineThread.value { journald.end() } }
  }
}

/// Lets the connections use one decoder, one after the other.
private final class SyslogLinesInUse: Sendable {
  private struct Box: @unchecked Sendable {
    // Sendable, because the lock around it lets one in at a time.
    let lines: SyslogLines
  }

  private let box: Mutex<Box>

  init(_ zone: ZoneRules) { box = Mutex(Box(lines: SyslogLines(zone: zone))) }

  @Sendable func lines(_ messages: ReceivedMessages) -> [UInt8] { box.withLock { $0.lines.lines(messages) } }
}
