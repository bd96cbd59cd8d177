import StellaArchive
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
  /// Where fixes are planned, which waits for their targets: it holds nothing else up.
  private let planning: PlanningWork
  /// Where events are looked for, which may take a while: it holds nothing else up.
  private let search: RequestWork
  private let look: HealthLook
  private let phase: ServerPhase
  private let feed: LiveFeed
  private let keeper: HealthKeeper

  /// Only who holds the state directory may begin one: a socket that is there already was left by a process that is gone.
  ///
  /// - Parameters:
  ///   - monitor: of the engine that runs beside it.
  ///   - feed: what happens there, for those who look on. Ends with the server.
  ///   - silences: tells them of silences.
  ///   - events: keeps events; nil where they are not kept.
  ///   - traffic: sees what passes through that engine.
  ///   - journal: where events go that come over the network; nil where none do.
  ///   - parts: what else there is to say about its health.
  ///   - sources: what sources over the network have brought.
  init(
    _ desk: RemediationDesk, _ monitor: EngineMonitor, _ feed: LiveFeed, _ silences: SilenceFeed?,
    _ events: EventRecorder?, traffic: TrafficGauge, journal: IntakeJournal?, _ configuration: Configuration,
    parts: @escaping @Sendable () -> [Health.Part], sources: @escaping @Sendable () -> SourceFigures,
    lost: @escaping @Sendable () -> Int
  ) async throws {
    try desk.directory.checkIsPrivate()
    let socket = try StateSocket(directory: desk.directory.path)
    let work = RequestWork()
    let planning = PlanningWork(
      people: RequestWork(threads: 2, waiting: 30), tokens: RequestWork(threads: 1, waiting: 15))
    let search = RequestWork(threads: 2, waiting: 30)
    let phase = ServerPhase()
    let settings = configuration.server
    let access = settings.login.map { ServerAccess(desk, $0) }
    let masking = try PrivacyRules.viewers(configuration)
    let keeper = Self.keeper(desk, monitor, traffic, journal, events, configuration, parts, lost)
    desk.onRemark.withLock { $0 = { feed.take($0, as: $1) } }
    let operation: OperatorRoutes<PeerRequestContext>.Operation = { request, caller, layout throws(CommandFailure) in
      let hidden: Masking? = Viewer(caller, desk.access).seesMasked(request) ? masking : nil
      var answer: OperatorAnswer
      do throws(CommandFailure) {
        answer = try Self.answer(request, caller, layout, desk, monitor, keeper, access, hidden)
      } catch {
        // Why something isn't done may say as much as what is.
        throw hidden.map { CommandFailure(error.status, Masker($0).masked(error.message)) } ?? error
      }
      if let hidden { answer.mask(hidden) }
      // Whatever was decided or done.
      if Self.isChange(request), let place = answer.run, let run = try? desk.store.readRuns({ try $0.run(place.id) }) {
        feed.take(run)
      }
      switch request {
      case .silence, .unsilence: silences?.look()
      default: silences?.lookAgain()
      }
      return answer
    }
    let runs = OperatorRoutes<PeerRequestContext>(
      work: work, planning: planning, caller: { .uid(try await $0.peer().uid) }, operation: operation)
    let look = HealthLook {
      var all = Self.parts(desk, journal)
      if let events { all.append(EventKeeping.health(events.figures)) }
      return all + parts()
    }
    let health: @Sendable () async -> Health = { Health(phase: phase.value, parts: await look.parts()) }
    let intake = Self.intake(journal, configuration)
    let taken = intake?.figures
    let places = ConnectionPlaces(each: settings.connectionsPerAddress) {
      Console.standard.note(TextEscaping.oneLine("stella: \($0)"))
    }
    // Without a login, only this machine comes in, which may have all.
    let counted = access == nil ? nil : places
    let metrics = MetricsRoutes { () async throws(CommandFailure) in
      try await work.run { () throws(CommandFailure) -> MetricsText in
        EngineMetrics.text(
          monitor, feed: feed, events: events, journal: journal, intake: taken, places: counted, sources: sources(),
          desk: desk)
      }
    }
    let archive = try events.map { _ in
      EventArchive(EventKeeping.directory(desk.directory), masking: try PrivacyRules.viewers(configuration))
    }
    let telemetry = TelemetryRoutes { isPrivileged async throws(CommandFailure) in
      try await work.run { () throws(CommandFailure) in
        do {
          return try TelemetrySnapshot.json(
            monitor, traffic, feed: feed, desk: desk, masking: isPrivileged ? nil : masking)
        } catch {
          throw FailureReport(error).failure
        }
      }
    }
    let readers = Self.readers(
      feed, clientBytes: settings.streamClientBytes, metrics: metrics, telemetry: telemetry,
      events: EventRoutes(archive, work: search, time: SystemTime()))
    do {
      server = try await SocketServer(
        path: socket.address, runs: runs, health: HealthRoutes(health), readers: readers)
    } catch {
      await look.end()
      await search.end()
      await planning.end()
      await work.end()
      throw CommandFailure(.failure, "the socket \(socket.path) can't be opened: \(error)")
    }
    do {
      if let access, let listen = settings.listen, let login = settings.login {
        loopback = nil
        network = try await LoginServer(
          LoginServer.Place(
            host: listen.host, port: listen.port, certificate: login.certificate, key: login.key,
            isBehindProxy: login.isBehindProxy), places: places, authority: access,
          operators: OperatorRoutes(
            work: work, planning: planning, caller: { try $0.caller().caller }, operation: operation),
          intake: intake, health: health, readers: readers, browser: Self.browser(settings))
      } else {
        network = nil
        loopback = try await Self.loopback(
          intake, settings, OperatorRoutes(work: work, caller: { _ in .local }, operation: operation), health, readers)
      }
    } catch {
      socket.remove()
      await server.end()
      await look.end()
      await search.end()
      await planning.end()
      await work.end()
      throw error
    }
    (self.socket, self.work, self.planning, self.search, self.look) = (socket, work, planning, search, look)
    (self.phase, self.access, self.feed, self.keeper) = (phase, access, feed, keeper)
  }

  /// The routes that only show something. Whoever adds one describes it in the area of ``OpenAPIDocument`` that it belongs to.
  static func readers(
    _ feed: LiveFeed, clientBytes: Int, metrics: MetricsRoutes, telemetry: TelemetryRoutes, events: EventRoutes
  ) -> [any ReadRoutes] {
    [
      StreamRoutes(feed, clientBytes: clientBytes), metrics, telemetry, events,
      OpenAPIRoutes(OpenAPIDocument(version: StellaVersion.current)),
    ]
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
        try await journal.append(lines, areObjects: true)
      } catch {
        if let line = error.malformedLine { throw IntakeRefusal(malformed: error.message, line: line) }
        throw IntakeRefusal(unavailable: error.forSenders)
      }
    }
  }

  private static func loopback(
    _ intake: IntakeRoutes?, _ configuration: Configuration.Server, _ operators: OperatorRoutes<LoopbackServer.Context>,
    _ health: @escaping @Sendable () async -> Health, _ readers: [any ReadRoutes]
  ) async throws -> LoopbackServer? {
    guard let intake, let listen = configuration.listen else { return nil }
    return try await LoopbackServer(
      host: listen.host, port: listen.port, intake: intake, operators: operators, health: health, readers: readers,
      browser: browser(configuration))
  }

  private static func browser(_ configuration: Configuration.Server) -> BrowserRoutes.Settings? {
    configuration.browser.map {
      BrowserRoutes.Settings(
        origins: Set($0.origins), bodyBytes: $0.bodyBytes, perSecond: Double($0.perMinute) / 60,
        isBehindProxy: $0.isBehindProxy)
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
    _ events: EventRecorder?, _ configuration: Configuration, _ parts: @escaping @Sendable () -> [Health.Part],
    _ lost: @escaping @Sendable () -> Int
  ) -> HealthKeeper {
    let reader = HealthFactsReader(desk: desk, monitor: monitor, traffic: traffic) {
      var ill = parts().filter { !$0.isWell }.map { HealthFacts.Part(.source, name: $0.name, detail: $0.detail) }
      if let state = journal?.state, let trouble = state.trouble {
        ill.append(
          HealthFacts.Part(
            .intake, name: "the intake journal", detail: trouble.message, since: state.troubleSince))
      }
      if let figures = events?.figures, let trouble = figures.trouble {
        ill.append(.init(.archive, name: "the archive", detail: trouble, since: figures.troubleSince))
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
    await search.end()
    await loopback?.end()
    await network?.end()
    await server.end()
    await look.end()
    await planning.end()
    await work.end()
  }

  /// - Parameter masking: what is taken out of the answer afterwards; nil for nothing.
  private static func answer(
    _ request: OperatorRequest, _ caller: Caller, _ layout: AnswerLayout, _ desk: RemediationDesk,
    _ monitor: EngineMonitor, _ keeper: HealthKeeper, _ access: ServerAccess?, _ masking: Masking?
  ) throws(CommandFailure) -> OperatorAnswer {
    let viewer = Viewer(caller, desk.access)
    do throws(CommandFailure) {
      try viewer.check(request)
    } catch {
      access?.noteRefusal(of: viewer, request)
      throw error
    }
    do {
      // What is in its errors it masks itself: a screen that is drawn again and again must fit.
      if case .top(let filter) = request { return try monitor.answer(filter, as: layout, masking: masking) }
      let whole = masking == nil ? layout : layout.unbroken
      if case .execute(let id) = request { return try desk.handOver(id, for: viewer, as: whole) }
      if case .rules(let request) = request {
        return try desk.answer(request, of: monitor.board, for: viewer, as: whole)
      }
      if case .health(let asked) = request { return try desk.answer(asked, for: viewer, as: whole, keeper: keeper) }
      return try desk.answer(request, for: viewer, as: whole)
    } catch {
      let failure = FailureReport(error).failure
      // A wrong password is on record as a failed login.
      if failure.status == .notPermitted, failure != AccessRequest.wrongPassword {
        access?.noteRefusal(of: viewer, request)
      }
      throw failure
    }
  }

  private static func isChange(_ request: OperatorRequest) -> Bool {
    switch request {
    case .list, .show, .state: false
    default: true
    }
  }

  /// The store, where events come in, and telling people.
  private static func parts(_ desk: RemediationDesk, _ journal: IntakeJournal?) -> [Health.Part] {
    let detail: String
    do {
      _ = try desk.store.readRuns { $0.head.size }
      detail = StoreStanding.trouble(desk) ?? ""
    } catch {
      detail = "\(error)"
    }
    var parts = [Health.Part("store", isWell: detail.isEmpty, detail: detail)]
    if let journal {
      let state = journal.state
      let held = "\(CountText.count(state.heldBytes, "byte waits", "bytes wait")) for detection"
      parts.append(Health.Part("intake", isWell: state.trouble == nil, detail: state.trouble?.message ?? held))
    }
    if let part = NotificationFigures.health(
      desk.configuration.notify, desk.store, now: desk.remediation.journal.time.now())
    {
      parts.append(part)
    }
    return parts
  }
}

extension OperatorAnswer {
  /// Takes personal data out of what is said.
  fileprivate mutating func mask(_ masking: Masking) {
    let masker = Masker(masking)
    body = String(decoding: masker.maskedLines(Array(body.utf8)), as: UTF8.self)
    notes = notes.map { Note(masker.masked($0.text), isHint: $0.isHint) }
  }
}

private final class ServerPhase: Sendable {
  private let phase = Mutex(Health.Phase.starting)

  var value: Health.Phase { phase.withLock { $0 } }

  func set(_ phase: Health.Phase) { self.phase.withLock { $0 = phase } }
}
