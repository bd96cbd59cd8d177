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
  private let work: RequestWork
  private let phase: ServerPhase

  /// Only who holds the state directory may begin one: a socket that is there already was left by a process that is gone.
  ///
  /// - Parameters:
  ///   - monitor: of the engine that runs beside it.
  ///   - journal: where events go that come over the network; nil where none do.
  init(
    _ desk: RemediationDesk, _ monitor: EngineMonitor, journal: IntakeJournal?, _ configuration: Configuration
  ) async throws {
    try desk.directory.checkIsPrivate()
    let socket = try StateSocket(directory: desk.directory.path)
    let work = RequestWork()
    let phase = ServerPhase()
    let runs = OperatorRoutes<PeerRequestContext>(
      work: work, caller: { try await $0.peer().uid },
      operation: { request, uid, layout throws(CommandFailure) in
        try Self.answer(request, Viewer(desk.rules.people, uid: uid), layout, desk, monitor)
      })
    let health = HealthRoutes { await Self.health(desk, work, phase, journal) }
    do {
      server = try await SocketServer(path: socket.address, runs: runs, health: health)
    } catch {
      await work.end()
      throw CommandFailure(.failure, "the socket \(socket.path) can't be opened: \(error)")
    }
    do {
      loopback = try await Self.loopback(journal, configuration, health)
    } catch {
      socket.remove()
      await server.end()
      await work.end()
      throw error
    }
    (self.socket, self.work, self.phase) = (socket, work, phase)
  }

  var path: String { socket.path }

  /// Where events are taken in.
  var address: String? { loopback.map { "http://\($0.host):\($0.port)" } }

  private static func loopback(
    _ journal: IntakeJournal?, _ configuration: Configuration, _ health: HealthRoutes
  ) async throws -> LoopbackServer? {
    guard let journal, let listen = configuration.server.listen else { return nil }
    let intake = IntakeRoutes(
      limits: .init(bodyBytes: configuration.server.bodyBytes, lineBytes: configuration.limits.lineBytes),
      time: SystemTime(), timeNames: FieldAliases.timeNames, webhooks: webhooks(configuration.server)
    ) { lines async throws(IntakeRefusal) in
      do throws(IntakeError) {
        try await journal.append(lines)
      } catch {
        throw IntakeRefusal(unavailable: error.message)
      }
    }
    return try await LoopbackServer(host: listen.host, port: listen.port, intake: intake, health: health)
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
  func isRunning() { phase.set(.running) }

  /// Nobody finds the server any more; then what it was asked is answered.
  func end() async {
    phase.set(.stopping)
    socket.remove()
    await loopback?.end()
    await server.end()
    await work.end()
  }

  private static func answer(
    _ request: OperatorRequest, _ viewer: Viewer, _ layout: AnswerLayout, _ desk: RemediationDesk,
    _ monitor: EngineMonitor
  ) throws(CommandFailure) -> OperatorAnswer {
    do {
      if case .execute(let id) = request { return try desk.handOver(id, for: viewer, as: layout) }
      if case .top(let filter) = request { return try monitor.answer(filter, as: layout) }
      return try desk.answer(request, for: viewer, as: layout)
    } catch {
      throw FailureReport(error).failure
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
