import StellaConfiguration
import StellaEngine
import StellaModel
import StellaServer
import Synchronization

/// What `stella serve` takes in besides files and HTTP, as `stella.yaml` declares it. All of it goes through the intake journal.
final class NetworkSources: Sendable {
  private struct State {
    var syslog: (server: SyslogServer, intake: SyslogIntake)?
  }

  private let state = Mutex(State())
  private let note: @Sendable (String) -> Void

  /// - Parameter note: told what a person should know.
  init(note: @escaping @Sendable (String) -> Void) { self.note = note }

  static func areDeclared(in configuration: Configuration) -> Bool { configuration.syslog != nil }

  /// - Throws: when something can't be begun; nothing runs then.
  func begin(_ configuration: Configuration, _ journal: IntakeJournal) async throws {
    do {
      if let settings = configuration.syslog { try await beginSyslog(settings, journal) }
    } catch {
      await end()
      throw error
    }
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
    state.withLock { state in
      guard let intake = state.syslog?.intake else { return [] }
      let figures = intake.figures
      let losses = figures.losses()
      return [
        Health.Part(
          "syslog", isWell: intake.trouble == nil,
          detail: intake.trouble ?? "\(figures.messages) messages" + (losses.isEmpty ? "" : ", " + losses))
      ]
    }
  }

  /// Takes nothing more; what was read is durable on return.
  func end() async {
    let syslog = state.withLock { $0.syslog }
    await syslog?.server.end()
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
