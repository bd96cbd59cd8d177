import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting

/// The store with all that a verb about fixes, runs and the log needs. One for a process.
final class RemediationDesk {
  let configuration: Configuration
  let directory: StateDirectory
  let store: SQLiteStore
  let remediation: Remediation<SQLiteStore>
  let rules: ApprovalRules
  let viewer: Viewer
  let sealer: LogSealer

  /// Opens the store, which is created when there is none, and its execution log.
  ///
  /// - Parameters:
  ///   - opened: the store, if it is open already.
  ///   - events: takes what `event.emit` makes.
  /// - Throws: ``ConfigurationError``, ``StoreError``, ``LogError``; ``CommandFailure`` when a fix is asked for and can't be
  ///   loaded.
  init(
    _ configuration: Configuration, fixes: [String], store opened: SQLiteStore? = nil,
    events: (any EffectExecutor)? = nil
  ) throws {
    self.configuration = configuration
    rules = try ApprovalRules(configuration)
    viewer = Viewer(rules.people)
    directory = try StateDirectory(path: configuration.state)
    store = try opened ?? SQLiteStore(directory)
    sealer = try LogSigning.sealer(configuration, directory, store)
    let log = try sealer.open(
      store, as: .command, time: SystemTime().now(), actor: "engine", nonce: LogKeyFile.unpredictable(16))
    let paths = RemediationOptions.paths(fixes, configuration)
    let (sources, unreadable) = RuleFiles.read(paths)
    var remediation = Remediation(
      store: store,
      journal: RunJournal(time: SystemTime()) { LogKeyFile.unpredictable(LogPayload.saltBytes) },
      fixes: FixSet(sources: sources, unreadable: unreadable),
      targets: try TargetAssembly.targets(configuration, events: events), policies: rules.policies,
      people: rules.people,
      reserve: StateReserve(directory), log: log.hex)
    remediation.anchorHold = AnchorAssembly.hold(configuration)
    self.remediation = remediation
  }

  convenience init(_ options: RemediationOptions) throws {
    try self.init(try Configuration.load(options.config), fixes: options.fixes)
  }

  /// Signs the log as it is now and publishes that; what anchors don't take is said and no reason to fail.
  func seal(_ console: Console) {
    do {
      let sealing = try sealer.seal(store, as: .command, time: SystemTime().now())
      AnchorNotes.print(sealing, console)
    } catch {
      console.note(TextEscaping.oneLine("warning: the execution log was not signed: \(error)"))
    }
  }

  func close() { try? store.close() }

  /// What a screen about a run needs.
  ///
  /// - Parameter isWhole: with plan, steps and alert; lists do without.
  func report(_ run: Run, _ transaction: SQLiteTransaction, isWhole: Bool) throws -> RunReport {
    var report = RunReport(
      run: run, policy: remediation.policy(of: run), quorum: try remediation.fullQuorum(of: run, transaction),
      viewer: viewer.report, freeze: try transaction.freeze(), now: SystemTime().now())
    if isWhole || run.state.turn == .operators { report.steps = try transaction.steps(of: run.id) }
    guard isWhole else { return report }
    report.plan = try transaction.plan(of: run.id).map { try Plan(canonical: $0) }
    report.notes = try transaction.notes(of: run.id)
    if let alert = try transaction.alert(run.alert) { report.alert = try? JSONParser().parse(alert.json) }
    var query = RunQuery()
    query.subject = run.subject
    query.since = report.now - report.policy.attempts.within
    report.earlierAttempts = try transaction.runs(query).count {
      $0.id != run.id && $0.state != .suppressed && $0.supersededBy == nil && $0.proposedAt <= run.proposedAt
    }
    return report
  }

  func report(on id: String) throws -> RunReport {
    try store.readRuns { transaction in
      guard let run = try transaction.run(id) else {
        throw RemediationError(.notFound, "there is no run \(id). `stella runs list` shows those that there are.")
      }
      return try report(run, transaction, isWhole: true)
    }
  }

  func reports(_ query: RunQuery) throws -> (reports: [RunReport], total: Int, freeze: Freeze?) {
    try store.readRuns { transaction in
      (
        try transaction.runs(query).map { try report($0, transaction, isWhole: false) },
        try transaction.runCount(query), try transaction.freeze()
      )
    }
  }
}
