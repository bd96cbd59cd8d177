import StellaDetection
import StellaModel
import StellaScripting
import Synchronization

/// What is known of an embedded engine, for its host's threads.
final class EngineState: Sendable {
  private struct State {
    var health = EngineHealth()
    var isStarted = false
    var hasEnded = false
    /// What is wrong, by what it is about.
    var troubles: [String: String] = [:]
    var fixRefusals: [String] = []
    var reloads: [CheckedContinuation<Void, any Error>] = []
  }
  private let state = Mutex(State())

  func health(_ drops: LogBuffer.Drops) -> EngineHealth {
    state.withLock { state in
      var health = state.health
      health.droppedEvents = drops.full
      health.nestedEvents = drops.nested
      health.refusals += state.fixRefusals
      health.troubles = state.troubles.sorted { $0.key < $1.key }.map(\.value)
      return health
    }
  }

  /// - Throws: ``StellaError`` `engine.rules` when none can be used.
  func begin(_ rules: RuleSet) throws(StellaError) {
    let refusals = rules.refusals.flatMap(\.errors)
    guard !rules.rules.isEmpty else {
      let first = refusals.first
      throw StellaError(
        .rules, "no rule can be used. " + (first?.description ?? "There is none where the configuration names rules."),
        place: first.map { "\($0.file):\($0.line)" })
    }
    state.withLock { state in
      state.health.activeRules = rules.rules.count
      state.health.refusals = refusals.map { TextEscaping.oneLine($0.description, limit: 1000) }
    }
  }

  func addRefusals(_ fixes: [String]) { state.withLock { $0.fixRefusals = fixes } }

  /// False when it was run before.
  func start() -> Bool {
    state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted && !state.hasEnded
    }
  }

  func isRunning() { state.withLock { if $0.health.phase == .starting { $0.health.phase = .running } } }

  func stop() { state.withLock { if $0.health.phase != .ended { $0.health.phase = .stopping } } }

  /// - Returns: whether it had not ended before.
  func end() -> Bool {
    let (isFirst, reloads) = state.withLock { state in
      defer {
        state.hasEnded = true
        state.health.phase = .ended
        state.reloads = []
      }
      return (!state.hasEnded, state.reloads)
    }
    for reload in reloads { reload.resume(throwing: StellaError(.ended, "the engine has ended.")) }
    return isFirst
  }

  func read(events: Int) { state.withLock { $0.health.events = events } }

  // MARK: - Reloads

  /// - Returns: false when nothing will answer, which the continuation has been told.
  func `await`(_ reload: CheckedContinuation<Void, any Error>) -> Bool {
    let isRunning = state.withLock { state in
      guard !state.hasEnded else { return false }
      state.reloads.append(reload)
      return true
    }
    if !isRunning { reload.resume(throwing: StellaError(.ended, "the engine has ended.")) }
    return isRunning
  }

  private func answer(_ error: StellaError?) {
    let reloads = state.withLock { state in
      defer { state.reloads = [] }
      return state.reloads
    }
    for reload in reloads { if let error { reload.resume(throwing: error) } else { reload.resume() } }
  }

  // MARK: - What happens

  func note(_ notice: EngineDeskNotice) {
    state.withLock { state in
      switch notice {
      case .run: break
      case .dropped(let count): state.health.droppedAlerts += count
      case .trouble(let text): state.troubles["store"] = text.map { TextEscaping.oneLine($0, limit: 500) }
      case .fenced(let text): state.troubles["fenced"] = TextEscaping.oneLine(text, limit: 500)
      }
    }
  }

  func note(_ notice: WatchNotice) {
    switch notice {
    case .trouble(let source, let message):
      set("source " + source, message.map { "\(source): \($0)" })
    case .quarantined(let rule, let error), .stopped(let rule, let error):
      state.withLock { $0.health.restingRules[rule] = TextEscaping.oneLine(error, limit: 500) }
    case .notSaved(let text): set("checkpoint", text)
    case .reloaded(let active, _, let refused):
      state.withLock { state in
        state.health.activeRules = active
        state.health.refusals = refused.map { TextEscaping.oneLine($0.description, limit: 1000) }
        state.health.restingRules = [:]
        state.troubles["rules"] = nil
      }
      answer(nil)
    case .reloadRefused(let errors, _):
      let text = errors.map(\.description).joined(separator: "\n")
      set("rules", "the rules on disk are broken, those before stay: \(text)")
      answer(StellaError(.rules, text, place: errors.first.map { "\($0.file):\($0.line)" }))
    case .format, .binary, .damaged, .source, .stateReset, .alertsEnded: break
    }
  }

  private func set(_ subject: String, _ text: String?) {
    state.withLock { $0.troubles[subject] = text.map { TextEscaping.oneLine($0, limit: 1000) } }
  }
}
