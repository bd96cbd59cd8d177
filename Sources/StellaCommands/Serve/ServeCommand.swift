import ArgumentParser
import StellaArchive
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaServer

/// `stella serve`: the daemon.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Watch, carry out what is approved, and answer the other commands.",
    discussion: """
      Examples:
        stella serve /var/log/shop/*.log
        stella serve --quiet --output json

      It does what `stella watch --run-fixes` does. The commands alerts, approvals, runs, freeze, top and whoami find it by the \
      socket stella.sock in the state directory, which only its own user can connect to, and ask it; who they are is what the \
      kernel says of them.

      With `server: { listen: 127.0.0.1:7480 }` in stella.yaml, programs of this machine send it events, which are safe once \
      they are acknowledged:
        curl --data-binary @events.jsonl http://127.0.0.1:7480/api/v1/events
      With `syslog:` it takes syslog messages over UDP, TCP and TLS, and with `journald:` it reads systemd's journal.

      SIGHUP loads the rules anew. SIGTERM ends it with exit status 0, and an interrupt with 130; an effect that is going on \
      is finished first. Changes of stella.yaml and of fixes count from the next start on.
      """)

  @Flag(name: .long, help: "Print the OpenAPI document of all routes, and start nothing.")
  var openapi = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var session: SessionOptions

  func validate() throws {
    if !source.follow { throw ValidationError("serve follows its sources. For what has an end there is stella watch.") }
  }

  /// What happens, for those who look on.
  private static func feed(_ configuration: Configuration) throws -> LiveFeed {
    // Each of them takes a descriptor.
    OpenFileLimit.raise()
    var limits = LiveFeed.Limits()
    limits.clients = configuration.server.streamClients
    return try LiveFeed(
      masking: PrivacyRules.viewers(configuration), epoch: String(WallTime.now() / 1_000_000, radix: 36), limits: limits
    )
  }

  func run() async throws {
    if openapi {
      Console.standard.line(OpenAPIDocument(version: StellaVersion.current).json.json)
      return try Console.standard.flush()
    }
    let configuration = try Configuration.whole(source.config)
    let takesIn = configuration.server.listen != nil || NetworkSources.areDeclared(in: configuration)
    let inputs = try source.inputs(configuration, takesStandardInput: false, listens: takesIn)
    var plan = try WatchSession.Plan("stella serve", source, session, inputs: inputs, configuration)
    plan.proposes = true
    plan.runsFixes = true
    let feed = try Self.feed(configuration)
    defer { feed.end() }
    plan.feed = feed
    let traffic = TrafficGauge()
    plan.options.traffic = traffic
    if takesIn { plan.intakeBytes = configuration.server.heldBytes }
    let trouble = EngineTrouble()
    plan.trouble = trouble
    let interrupts = try Interrupts()
    let session = try WatchSession(plan)
    guard let desk = session.desk else { preconditionFailure("what proposes has a desk") }
    let isQuiet = plan.isQuiet
    let network = NetworkSources { if !isQuiet { Console.standard.note(TextEscaping.oneLine("stella: \($0)")) } }
    let server: StateServer
    let notifications: NotificationService
    do {
      notifications = try NotificationService(desk, trouble) {
        Console.standard.note(TextEscaping.oneLine("stella: \($0)"))
      }
    } catch {
      session.end(isInterrupted: true)
      throw error
    }
    // With the state directory, which is this process's own now.
    var events: EventRecorder?
    do {
      events = try EventKeeping.begin(configuration, desk.directory, isQuiet: isQuiet)
      session.archive = events?.tap
      server = try await StateServer(
        desk, session.monitor, feed, session.silences, events, traffic: traffic, journal: session.journal,
        configuration, parts: network.health, sources: network.figures, lost: network.lost)
      do {
        if let journal = session.journal { try await network.begin(configuration, journal, desk.directory) }
      } catch {
        await server.end()
        throw error
      }
    } catch {
      await notifications.end()
      events?.end()
      session.end(isInterrupted: true)
      throw error
    }
    // Said whatever is quiet: nobody could come in without it.
    if let code = server.enrolmentCode() {
      Console.standard.note(
        "stella: nobody is known yet. Make yourself the first admin within an hour: stella login "
          + "\(server.address ?? "") --enrol \(code)")
    }
    if !plan.isQuiet {
      Console.standard.note(TextEscaping.oneLine("stella: serving at \(server.path)"))
      if let address = server.address {
        Console.standard.note("stella: taking events at \(address)/api/v1/events")
        Console.standard.note("stella: dashboard at \(address)/")
      }
    }
    let result: Result<WatchSummary, any Error>
    do {
      result = .success(try await EngineThread.value { try session.watch(interrupts) { server.isRunning() } })
    } catch {
      result = .failure(error)
    }
    await network.end()
    await server.end()
    await notifications.end()
    events?.end()
    session.end(isInterrupted: true)
    do {
      try session.conclude(result.get())
    } catch CommandStatus.interrupted where interrupts.ending == .terminate {
      // What a supervisor asks for is no failure.
    }
  }
}
