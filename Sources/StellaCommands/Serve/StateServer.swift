import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer
import Synchronization

/// The server of a state directory: its socket, what answers there, and what takes events in.
final class StateServer: Sendable {
  private let socket: StateSocket
  private let server: SocketServer
  private let loopback: LoopbackServer?
  private let network: LoginServer?
  private let access: ServerAccess?
  private let work: RequestWork
  private let phase: ServerPhase
  private let feed: LiveFeed
  private let keeper: HealthKeeper

  /// Only who holds the state directory may begin one: a socket that is there already was left by a process that is gone.
  ///
  /// - Parameters:
  ///   - monitor: of the engine that runs beside it.
  ///   - feed: what happens there, for those who look on. Ends with the server.
  ///   - traffic: sees what passes through that engine.
  ///   - journal: where events go that come over the network; nil where none do.
  ///   - parts: what else there is to say about its health.
  init(
    _ desk: RemediationDesk, _ monitor: EngineMonitor, _ feed: LiveFeed, traffic: TrafficGauge, journal: IntakeJournal?,
    _ configuration: Configuration, parts: @escaping @Sendable () -> [Health.Part],
    lost: @escaping @Sendable () -> Int
  ) async throws {
    try desk.directory.checkIsPrivate()
    let socket = try StateSocket(directory: desk.directory.path)
    let work = RequestWork()
    let phase = ServerPhase()
    let settings = configuration.server
    let access = settings.login.map { ServerAccess(desk, $0) }
    let keeper = Self.keeper(desk, monitor, traffic, journal, configuration, parts, lost)
    let operation: OperatorRoutes<PeerRequestContext>.Operation = { request, caller, layout throws(CommandFailure) in
      let answer = try Self.answer(request, caller, layout, desk, monitor, keeper, access)
      // Whatever was decided or done.
      if Self.isChange(request), let place = answer.run, let run = try? desk.store.readRuns({ try $0.run(place.id) }) {
        feed.take(run)
      }
      return answer
    }
    let runs = OperatorRoutes<PeerRequestContext>(
      work: work, caller: { .uid(try await $0.peer().uid) }, operation: operation)
    let health: @Sendable () async -> Health = {
      var health = await Self.health(desk, work, phase, journal)
      health.parts += parts()
      return health
    }
    let metrics = MetricsRoutes { () async throws(CommandFailure) in
      try await work.run { () throws(CommandFailure) in
        do {
          return try EngineMetrics.text(monitor, feed: feed, journal: journal, desk: desk)
        } catch {
          throw FailureReport(error).failure
        }
      }
    }
    let readers: [any ReadRoutes] = [StreamRoutes(feed, clientBytes: settings.streamClientBytes), metrics]
    do {
      server = try await SocketServer(
        path: socket.address, runs: runs, health: HealthRoutes(health), readers: readers)
    } catch {
      await work.end()
      throw CommandFailure(.failure, "the socket \(socket.path) can't be opened: \(error)")
    }
    do {
      let intake = Self.intake(journal, configuration)
      if let access, let listen = settings.listen, let login = settings.login {
        loopback = nil
        network = try await LoginServer(
          LoginServer.Place(
            host: listen.host, port: listen.port, certificate: login.certificate, key: login.key,
            isBehindProxy: login.isBehindProxy), authority: access,
          operators: OperatorRoutes(work: work, caller: { try $0.caller().caller }, operation: operation),
          intake: intake, health: health, readers: readers, browser: Self.browser(settings))
      } else {
        network = nil
        loopback = try await Self.loopback(intake, settings, health, readers)
      }
    } catch {
      socket.remove()
      await server.end()
      await work.end()
      throw error
    }
    (self.socket, self.work, self.phase, self.access, self.feed) = (socket, work, phase, access, feed)
    self.keeper = keeper
  }

  var path: String { socket.path }

  /// Where events are taken in.
  var address: String? { loopback.map { "http://\($0.host):\($0.port)" } ?? network?.address }

  /// What makes the first admin; nil where nobody logs in, or somebody is known already.
  func enrolmentCode() -> String? { access?.enrolmentCode() }

  private static func intake(_ journal: IntakeJournal?, _ configuration: Configuration) -> IntakeRoutes? {
    guard let journal else { return nil }
    return IntakeRoutes(
      limits: .init(bodyBytes: configuration.server.bodyBytes, lineBytes: configuration.limits.lineBytes),
      time: SystemTime(), timeNames: FieldAliases.timeNames, webhooks: webhooks(configuration.server)
    ) { lines async throws(IntakeRefusal) in
      do throws(IntakeError) {
        try await journal.append(lines)
      } catch {
        throw IntakeRefusal(unavailable: error.forSenders)
      }
    }
  }

  private static func loopback(
    _ intake: IntakeRoutes?, _ configuration: Configuration.Server, _ health: @escaping @Sendable () async -> Health,
    _ readers: [any ReadRoutes]
  ) async throws -> LoopbackServer? {
    guard let intake, let listen = configuration.listen else { return nil }
    return try await LoopbackServer(
      host: listen.host, port: listen.port, intake: intake, health: health, readers: readers,
      browser: browser(configuration))
  }

  private static func browser(_ configuration: Configuration.Server) -> BrowserRoutes.Settings? {
    configuration.browser.map {
      BrowserRoutes.Settings(
        origins: Set($0.origins), bodyBytes: $0.bodyBytes, perSecond: Double($0.perMinute) / 60)
    }
  }

  private static func webhooks(_ configuration: Configuration.Server) -> [String: WebhookSignature] {
    configuration.webhooks.reduce(into: [:]) { signatures, webhook in
      let form: WebhookSignature.Form =
        webhook.scheme == .stripe
        ? .timed(header: webhook.header, tolerance: webhook.tolerance)
        : .body(header: webhook.header, prefix: webhook.prefix)
      signatures[webhook.name] = WebhookSignature(secret: webhook.secret, form: form)
    }
  }

  /// From now on ``HealthRoutes`` says that it is ready.
  func isRunning() {
    phase.set(.running)
    keeper.begin()
  }

  private static func keeper(
    _ desk: RemediationDesk, _ monitor: EngineMonitor, _ traffic: TrafficGauge, _ journal: IntakeJournal?,
    _ configuration: Configuration, _ parts: @escaping @Sendable () -> [Health.Part],
    _ lost: @escaping @Sendable () -> Int
  ) -> HealthKeeper {
    let reader = HealthFactsReader(desk: desk, monitor: monitor, traffic: traffic) {
      var ill = parts().filter { !$0.isWell }.map { HealthFacts.Part(.source, name: $0.name, detail: $0.detail) }
      if let trouble = journal?.state.trouble {
        ill.append(HealthFacts.Part(.intake, name: "the intake journal", detail: trouble.message))
      }
      return ill
    }
    return HealthKeeper(reader, retention: configuration.retention.health.nanoseconds, lost: lost) {
      Console.standard.note(TextEscaping.oneLine("stella: \($0)", limit: 500))
    }
  }

  /// Nobody finds the server any more; then what it was asked is answered.
  func end() async {
    phase.set(.stopping)
    socket.remove()
    // Who listens would keep the server from its end.
    feed.end()
    // It waits for the engine, up to some seconds, and so not on a thread of these tasks.
    _ = try? await EngineThread.value { [keeper] in keeper.end() }
    await loopback?.end()
    await network?.end()
    await server.end()
    await work.end()
  }

  private static func answer(
    _ request: OperatorRequest, _ caller: Caller, _ layout: AnswerLayout, _ desk: RemediationDesk,
    _ monitor: EngineMonitor, _ keeper: HealthKeeper, _ access: ServerAccess?
  ) throws(CommandFailure) -> OperatorAnswer {
    let viewer = Viewer(caller, desk.access)
    do throws(CommandFailure) {
      try viewer.check(request)
    } catch {
      access?.noteRefusal(of: viewer, request)
      throw error
    }
    do {
      if case .execute(let id) = request { return try desk.handOver(id, for: viewer, as: layout) }
      if case .top(let filter) = request { return try monitor.answer(filter, as: layout) }
      if case .health(let asked) = request { return try desk.answer(asked, for: viewer, as: layout, keeper: keeper) }
      return try desk.answer(request, for: viewer, as: layout)
    } catch {
      throw FailureReport(error).failure
    }
  }

  private static func isChange(_ request: OperatorRequest) -> Bool {
    switch request {
    case .list, .show, .state: false
    default: true
    }
  }

  private static func health(
    _ desk: RemediationDesk, _ work: RequestWork, _ phase: ServerPhase, _ journal: IntakeJournal?
  ) async -> Health {
    let detail: String
    do throws(CommandFailure) {
      detail = try await work.run {
        do {
          _ = try desk.store.readRuns { $0.head.size }
          return ""
        } catch {
          return "\(error)"
        }
      }
    } catch {
      detail = error.message
    }
    var health = Health(phase: phase.value, parts: [Health.Part("store", isWell: detail.isEmpty, detail: detail)])
    if let journal {
      let state = journal.state
      let held = "\(state.heldBytes) bytes wait for detection"
      health.parts.append(Health.Part("intake", isWell: state.trouble == nil, detail: state.trouble?.message ?? held))
    }
    return health
  }
}

private final class ServerPhase: Sendable {
  private let phase = Mutex(Health.Phase.starting)

  var value: Health.Phase { phase.withLock { $0 } }

  func set(_ phase: Health.Phase) { self.phase.withLock { $0 = phase } }
}
