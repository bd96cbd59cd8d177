import ServiceLifecycle
import StellaDetection
import StellaModel
import StellaScripting
import Synchronization

/// The engine within another program: rules over what the program logs, alerts, and fixes that wait for approval.
///
///     let engine = try await StellaEngine(.init(rules: "Rules", fixes: "Fixes", store: .inMemory))
///     LoggingSystem.bootstrap { label in
///       StellaLogHandler(label: label, engine: engine, alongside: StreamLogHandler.standardError(label: label))
///     }
///     let app = Application(router: router, services: [engine])
///
/// It reads on a thread of its own, and looks after alerts and fixes on another. No call of the host's waits for either: log
/// calls and ``ingest(_:)`` leave a record in a bounded buffer, and everything that asks the store is `async`.
///
/// An engine runs once. When it goes away without having run, it lets go of its store.
public final class StellaEngine: Service {
  /// What it is made of.
  public let configuration: EngineConfiguration

  /// Takes what log handlers write.
  package let buffer: LogBuffer
  let desk: any EngineDesk
  private let control: EngineControl
  private let alertsOut: EngineBroadcast<Alert>
  let alertEventsOut: EngineBroadcast<EngineAlertEvent>
  /// What is told by what a person said, so that it isn't told again.
  let remarkedEnds = RemarkedEnds()
  private let runsOut: EngineBroadcast<EngineRun>
  private let state: EngineState
  private let found: FoundRules
  private let masking: Masking?

  /// Opens the store and looks at the rules and fixes. Nothing is read yet.
  ///
  /// Files of rules or fixes that can't be used are among the refusals of ``health``, and the others are used.
  ///
  /// - Throws: ``StellaError`` `engine.rules` when no rule can be used, `engine.store`, `engine.configuration`. Nothing is left
  ///   open then.
  public init(_ configuration: EngineConfiguration) async throws {
    self.configuration = configuration
    masking = try configuration.privacy.masking()
    let functions = try HostFunction.checked(configuration.functions)
    let state = EngineState()
    let runsOut = EngineBroadcast<EngineRun>(limit: configuration.streamLimit)
    let found = FoundRules(configuration, functions)
    do {
      control = try EngineControl()
      desk = try await EngineThread.value {
        // On a thread like the one that will run them: scripts want a deep stack.
        try state.begin(found.rules(configuration))
        let place = try configuration.store.open(configuration.holder)
        do {
          return try place.desk(configuration) { notice in
            if case .run(let run) = notice { runsOut.send(EngineRun(run)) }
            state.note(notice)
          }
        } catch {
          place.close()
          throw error
        }
      }
    } catch {
      throw StellaError(error)
    }
    buffer = LogBuffer(capacityBytes: configuration.bufferBytes)
    alertsOut = EngineBroadcast(limit: configuration.streamLimit)
    alertEventsOut = EngineBroadcast(limit: configuration.streamLimit)
    self.runsOut = runsOut
    self.state = state
    self.found = found
    state.addRefusals(desk.refusals)
  }

  deinit { if state.end() { desk.end() } }

  /// Reads and watches until the task is cancelled, the service group shuts down gracefully, or ``shutDown()`` is called.
  ///
  /// In the end what is in the buffer is read, state is saved, an effect that is under way is finished, and the store is closed.
  ///
  /// - Throws: ``StellaError`` `engine.ended` when it was run before; otherwise for what keeps it from going on.
  public func run() async throws {
    guard state.start() else { throw StellaError(.ended, "an engine runs once. Make another one.") }
    do {
      try await withTaskCancellationHandler {
        try await withGracefulShutdownHandler {
          try await EngineThread.value { try self.work() }
        } onGracefulShutdown: {
          self.shutDown()
        }
      } onCancel: {
        shutDown()
      }
    } catch {
      throw StellaError(error)
    }
  }

  /// Asks a running engine to end; ``run()`` returns once it has.
  public func shutDown() {
    state.stop()
    control.end()
  }

  // MARK: - What it tells

  /// How it fares. Never waits.
  public var health: EngineHealth { state.health(buffer.drops) }

  /// Alerts that begin to fire or are resolved, from now on. A new stream for each call; ends with the engine.
  public var alerts: EngineStream<Alert> { alertsOut.subscribe() }

  /// The same, and what people say about alerts: that they look after them, or that they are over. Each is told once. A new stream for
  /// each call; ends with the engine.
  public var alertEvents: EngineStream<EngineAlertEvent> { alertEventsOut.subscribe() }

  /// Runs of fixes, whenever one has changed: proposed, decided, carried out. A new stream for each call; ends with the engine.
  public var runs: EngineStream<EngineRun> { runsOut.subscribe() }

  /// Loads the rules anew, all of them or, when one is broken that wasn't before, none. State is carried over.
  ///
  /// - Throws: ``StellaError`` `engine.rules` when they are broken, with those before still in force; `engine.ended`.
  public func reload() async throws {
    try await withCheckedThrowingContinuation { continuation in
      guard state.await(continuation) else { return }
      control.reload()
    }
  }

  // MARK: - The engine's thread

  private func work() throws {
    defer {
      // Who logs after this is counted and not kept.
      buffer.close()
      desk.end()
      _ = state.end()
      alertsOut.end()
      alertEventsOut.end()
      runsOut.end()
    }
    let options = self.options()
    let rules = found.rules(configuration)
    try state.begin(rules)
    try desk.start()
    let run = try WatchRun(
      options: options, rules: rules, ruleFiles: found.takeWatch(),
      onAlerts: { [alertsOut, alertEventsOut, remarkedEnds, desk] alerts in
        desk.take(alerts)
        for alert in alerts {
          let isRemarked = alert.resolvedBecause == .byHand && remarkedEnds.take(alert)
          guard alert.mute?.isShown ?? true else { continue }
          alertsOut.send(alert)
          if !isRemarked { alertEventsOut.send(EngineAlertEvent(alert)) }
        }
      },
      isSettled: { [desk] in desk.isSettled(within: $0) }, onNotice: { [state] in state.note($0) })
    run.onStanding = { [desk] in desk.update($0) }
    run.resolvedByHand = desk.resolvedByHand
    run.onProgress = { [state] in state.read(events: $0.events) }
    state.isRunning()
    _ = try run.run(interrupts: control)
  }

  func options() -> WatchOptions {
    var options = WatchOptions()
    if !configuration.files.isEmpty {
      options.inputs = [
        WatchOptions.Input(paths: configuration.files, service: configuration.service, from: .checkpoint)
      ]
    }
    options.logs = [WatchOptions.Log(buffer: buffer, name: "log", service: configuration.service)]
    options.rulePaths = configuration.rules.paths
    if options.rulePaths.isEmpty { options.readRules = { [rules = configuration.rules] in rules.read() } }
    options.reloadsChanges = configuration.reloadsChanges
    options.masking = masking
    options.parameters = configuration.parameters
    options.lateness = configuration.lateness.nanoseconds
    options.workers = max(1, configuration.workers)
    options.store = desk.checkpoints
    // Nobody goes on from what ends with the process; now and then what it was told meanwhile is to be forgotten.
    if !desk.isLasting { options.checkpointInterval = 60_000_000_000 }
    options.mute = { [desk] in desk.mute($0) }
    return options
  }
}
