import Glibc
import StellaModel
import StellaRemediation
import StellaScripting
import Synchronization

/// The ``EngineDesk`` over one kind of store.
final class StoreDesk<Store: RunStore & CheckpointStore>: EngineDesk {
  private let place: EngineStore.Place
  private let store: Store
  private let remediation: Remediation<Store>
  private let sealer: LogSealer
  private let configuration: EngineConfiguration
  private let onNotice: @Sendable (EngineDeskNotice) -> Void
  private let isEnding = Atomic(false)
  private let thread = Mutex<RemediationThread<Store>?>(nil)
  private let isTroubled = Atomic(false)

  /// Opens the execution log.
  ///
  /// - Throws: ``StoreError``, ``LogError``, ``People/Problem``, ``StellaError``.
  init(
    _ store: Store, _ place: EngineStore.Place, _ configuration: EngineConfiguration,
    onNotice: @escaping @Sendable (EngineDeskNotice) -> Void
  ) throws {
    self.place = place
    self.store = store
    self.configuration = configuration
    self.onNotice = onNotice
    guard let key = LogSigningKey(seed: place.keySeed),
      let sealer = LogSealer(engine: "embedded", key: key, own: place.anchor, others: [])
    else { throw StellaError(.store, "the execution log can't be signed: its key is damaged.") }
    self.sealer = sealer
    let log = try sealer.open(
      store, as: .command, time: WallTime.now(), actor: "engine", nonce: Self.unpredictable(16))
    let (sources, unreadable) = configuration.fixes.read()
    let policies = configuration.policies.map(\.policy)
    remediation = Remediation(
      store: store, journal: RunJournal(time: SystemTime()) { Self.unpredictable(LogPayload.saltBytes) },
      fixes: FixSet(sources: sources, unreadable: unreadable), targets: try Self.targets(configuration.targets),
      policies: PolicySet(policies), people: try People.checked(configuration.approvers.map(\.person)),
      reserve: place.reserve, log: log.hex)
  }

  private static func unpredictable(_ count: Int) -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  private static func targets(_ targets: [Target]) throws(StellaError) -> TargetSet {
    var set = TargetSet()
    var names: Set<String> = []
    for target in targets {
      guard names.insert(target.name).inserted else {
        throw StellaError(.configuration, "there are two targets called \(target.name). Give each a name of its own.")
      }
      switch target.kind {
      case .database(let database, let isReadable, let rowLimit):
        set.databases[target.name] = database
        set.rowLimits[target.name] = rowLimit
        if isReadable { set.readable.insert(target.name) }
      case .executor(let executor): set.executors[target.name] = executor
      }
    }
    return set
  }

  var checkpoints: any CheckpointStore { store }
  var isLasting: Bool { !(store is InMemoryRunStore) }

  var refusals: [String] {
    remediation.fixes.refusals.map { refusal in
      TextEscaping.oneLine(
        refusal.file + ": " + refusal.errors.map { "\($0)" }.joined(separator: "; "), limit: 1000)
    }
  }

  /// Where there are fixes, a runner takes the store's epoch, and with it the right to carry out runs.
  func start() throws {
    let lifetime = configuration.alertLifetime.nanoseconds
    let note: @Sendable (RemediationThread<Store>.Notice) -> Void = { [weak self] in self?.note($0) }
    let started: RemediationThread<Store>
    if remediation.fixes.fixes.isEmpty {
      // Nothing to decide, so that nobody has to look for decisions many times a second.
      started = try RemediationThread(
        keepingIn: store, time: SystemTime(), alertLifetime: lifetime, onNotice: note)
    } else {
      let runner = try Runner(remediation, holder: "\(configuration.holder) (pid \(getpid()))") { [weak self] in
        self?.isEnding.load(ordering: .relaxed) ?? true
      }
      started = try RemediationThread(
        remediation, runner: runner, alertLifetime: lifetime, seal: { [weak self] in self?.seal() }, onNotice: note)
    }
    thread.withLock { $0 = started }
  }

  private var running: RemediationThread<Store>? { thread.withLock { $0 } }

  func take(_ alerts: [Alert]) { running?.take(alerts) }

  func update(_ alerts: [Alert]) { running?.update(alerts) }

  func mute(_ alert: Alert) -> Mute? { running?.mute(alert) }

  var resolvedByHand: ResolvedByHand? { running?.resolvedByHand }

  func isSettled(within patience: Int64?) -> Bool { running?.isSettled(within: patience) ?? true }

  func end() {
    isEnding.store(true, ordering: .relaxed)
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.end()
    place.close()
  }

  private func seal() {
    do {
      _ = try sealer.seal(store, as: .command, time: WallTime.now())
    } catch {
      onNotice(.trouble("the execution log was not signed: \(error)"))
    }
  }

  private func note(_ notice: RemediationThread<Store>.Notice) {
    switch notice {
    case .proposed(let run), .ran(let run):
      onNotice(.run(run))
      if isTroubled.exchange(false, ordering: .relaxed) { onNotice(.trouble(nil)) }
    case .recovered: if isTroubled.exchange(false, ordering: .relaxed) { onNotice(.trouble(nil)) }
    case .notAsked, .silencesChanged: break
    case .dropped(let count): onNotice(.dropped(count))
    case .trouble(let text):
      isTroubled.store(true, ordering: .relaxed)
      onNotice(.trouble(text))
    case .fenced(let text): onNotice(.fenced(text))
    }
  }
}

// MARK: - What people ask

extension StoreDesk {
  func run(_ id: String) throws -> Run {
    guard let run = try store.readRuns({ try $0.run(id) }) else {
      throw StellaError(.notFound, "there is no run \(id).")
    }
    return run
  }

  func runs(_ query: RunQuery) throws -> [Run] { try store.readRuns { try $0.runs(query) } }

  func planJSON(_ id: String) throws -> String? {
    let bytes = try store.readRuns { transaction -> [UInt8]? in
      guard try transaction.run(id) != nil else { throw StellaError(.notFound, "there is no run \(id).") }
      return try transaction.plan(of: id)
    }
    return try bytes.map { PlanJSON.plan(try Plan(canonical: $0)).json }
  }

  func vote(
    _ decision: RunVote.Decision, on id: String, digest: String, reason: String, by voter: String
  ) throws -> Run {
    told(try remediation.vote(decision, on: id, by: voter, digest: digest, reason: reason).run)
  }

  func withdraw(_ id: String, reason: String, by voter: String) throws -> Run {
    told(try remediation.withdraw(id, by: voter, reason: reason))
  }

  func replan(_ id: String, by voter: String) throws -> Run {
    told(try remediation.replan(id, by: try actor(voter)))
  }

  func request(_ fix: String, _ parameters: [FieldValue.Member], by voter: String) throws -> Run {
    told(try remediation.request(fix, parameters: parameters, by: try actor(voter)))
  }

  func rollBack(_ id: String, by voter: String) throws -> Run {
    told(try remediation.requestRollback(of: id, by: try actor(voter)))
  }

  func reconcile(_ id: String, isApplied: Bool, reason: String, by voter: String) throws -> Run {
    told(try remediation.reconcile(id, isApplied: isApplied, by: voter, reason: reason))
  }

  func accept(_ id: String, reason: String, by voter: String) throws -> Run {
    told(try remediation.accept(id, by: voter, reason: reason))
  }

  func setFreeze(_ isFrozen: Bool, reason: String, by voter: String) throws {
    _ = try actor(voter)
    _ = try remediation.setFreeze(isFrozen, by: voter, reason: reason)
  }

  private func told(_ run: Run) -> Run {
    onNotice(.run(run))
    return run
  }

  private func actor(_ voter: String) throws(StellaError) -> String {
    guard let person = remediation.people[voter] else {
      throw StellaError(.notPermitted, "\(voter) is none of the approvers that the engine was given.")
    }
    return "user:\(person.name)"
  }

  func alert(_ id: String) throws -> StoredAlert {
    _ = isSettled(within: Self.patience)
    guard let alert = try store.readRuns({ try $0.alert(id) }) else {
      throw StellaError(.notFound, "there is no alert \(id).")
    }
    return alert
  }

  func alerts(_ query: AlertQuery) throws -> [StoredAlert] { try store.readRuns { try $0.alerts(query) } }

  /// How long who was just told of an alert waits for the store that keeps it, in nanoseconds.
  private static var patience: Int64 { 2_000_000_000 }

  func acknowledge(_ id: String, reason: String, by name: String) throws -> StoredAlert {
    try remark(id, reason, name) { transaction, alert, remark in
      try transaction.acknowledge(alert.id, remark)
      try remediation.journal.record(.alertAcknowledged, alert, remark, transaction)
    }
  }

  func resolve(_ id: String, reason: String, by name: String) throws -> StoredAlert {
    try remark(id, reason, name) { transaction, alert, remark in
      var over = alert
      over.status = .resolved
      over.updatedAt = remark.time
      // While it fires still, so that its end is noted for those who were told of it.
      try transaction.resolve(alert.id, remark)
      try transaction.put(over)
      try remediation.journal.record(.alertResolved, alert, remark, transaction)
    }
  }

  private func remark(
    _ id: String, _ reason: String, _ name: String,
    _ body: (Store.Transaction, StoredAlert, StoredAlert.Remark) throws -> Void
  ) throws -> StoredAlert {
    let remark = StoredAlert.Remark(by: "user:\(name)", time: WallTime.now(), reason: reason)
    _ = isSettled(within: Self.patience)
    return try store.write(as: .command) { transaction in
      guard let alert = try transaction.alert(id) else { throw StellaError(.notFound, "there is no alert \(id).") }
      guard alert.status != .resolved else {
        let over = Timestamp.text(alert.resolved?.time ?? alert.updatedAt)
        throw StellaError(.conflict, "the alert \(id) is over since \(over).")
      }
      try body(transaction, alert, remark)
      return try transaction.alert(id) ?? alert
    }
  }

  func silence(_ silence: Silence) throws -> Int64 {
    try store.write(as: .command) { transaction in
      let number = try transaction.insert(silence)
      try remediation.journal.recordSilence(silence, number: number, transaction)
      return number
    }
  }

  func endSilence(_ number: Int64, by actor: String) throws -> Bool {
    let now = WallTime.now()
    return try store.write(as: .command) { transaction in
      guard try transaction.endSilence(number, at: now) else { return false }
      try remediation.journal.recordSilenceEnd(number, by: actor, at: now, transaction)
      return true
    }
  }

  func silences() throws -> [Silence] {
    let now = WallTime.now()
    return try store.readRuns { try $0.silences() }.filter { $0.until > now }
  }
}
