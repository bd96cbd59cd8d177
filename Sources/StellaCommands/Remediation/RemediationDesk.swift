import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting
import StellaServer
import Synchronization

/// The store with all that a verb about fixes, runs and the log needs. One for a process; may be used from any thread.
final class RemediationDesk: Sendable {
  let configuration: Configuration
  let directory: StateDirectory
  let store: SQLiteStore
  let remediation: Remediation<SQLiteStore>
  let rules: ApprovalRules
  let viewer: Viewer
  let sealer: LogSealer
  /// Who may come in.
  let access: AccessBook<SQLiteStore>
  /// Of the rules that run beside it; none: those that the configuration names.
  let rulePaths: [String]
  /// Whether there are targets; without them nothing can be planned, applied or verified.
  let hasTargets: Bool
  /// Told of an alert as soon as somebody has acknowledged or resolved it here, with what those who look on are told: a line of JSON.
  let onRemark = Mutex<(@Sendable (StoredAlert, String) -> Void)?>(nil)

  /// Opens the store, which is created when there is none, and its execution log.
  ///
  /// - Parameters:
  ///   - opened: the store, if it is open already.
  ///   - rulePaths: of the rules that run beside it, where they are known.
  ///   - events: takes what `event.emit` makes.
  ///   - hasTargets: false for who only needs the store: secrets and targets are left alone then.
  /// - Throws: ``ConfigurationError``, ``StoreError``, ``LogError``; ``CommandFailure`` when a fix is asked for and can't be
  ///   loaded.
  init(
    _ configuration: Configuration, fixes: [String], rulePaths: [String] = [], store opened: SQLiteStore? = nil,
    events: (any EffectExecutor)? = nil, hasTargets: Bool = true
  ) throws {
    self.configuration = configuration
    self.hasTargets = hasTargets
    self.rulePaths = rulePaths
    rules = try ApprovalRules(configuration)
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
      targets: try hasTargets ? TargetAssembly.targets(configuration, events: events) : TargetSet(),
      policies: rules.policies, people: rules.people,
      reserve: StateReserve(directory), log: log.hex)
    remediation.anchorHold = AnchorAssembly.hold(configuration)
    let roster = Roster(rules.people, store: store)
    remediation.roster = roster
    access = AccessBook(store: store, roster: roster, time: remediation.journal.time)
    viewer = Viewer(roster.people)
    self.remediation = remediation
  }

  convenience init(_ options: RemediationOptions, hasTargets: Bool = true) throws {
    try self.init(try Configuration.load(options.config), fixes: options.fixes, hasTargets: hasTargets)
  }

  /// Signs the log as it is now and publishes that; what anchors don't take is said and no reason to fail.
  func seal(_ console: Console) {
    for note in sealed() { console.note(note.text) }
  }

  /// The same, with what is to be said about it.
  func sealed() -> [OperatorAnswer.Note] {
    do {
      return try seal(by: sealer)
    } catch let error as LogError where error.code == .wrongKey {
      // Another process has rotated the key meanwhile.
      do { return try seal(by: LogSigning.sealer(configuration, directory, store)) } catch {
        return [OperatorAnswer.Note(TextEscaping.oneLine("warning: the execution log was not signed: \(error)"))]
      }
    } catch {
      return [OperatorAnswer.Note(TextEscaping.oneLine("warning: the execution log was not signed: \(error)"))]
    }
  }

  private func seal(by sealer: LogSealer) throws -> [OperatorAnswer.Note] {
    let sealing = try sealer.seal(store, as: .command, time: SystemTime().now())
    return sealing.failures.map { OperatorAnswer.Note(AnchorNotes.text($0)) }
  }

  func close() { try? store.close() }

  /// - Parameter other: who looks at it, if that isn't the person at the terminal.
  func report(on id: String, for other: Viewer? = nil) throws -> RunReport {
    try remediation.report(on: id, viewer: (other ?? viewer).report) { try? JSONParser().parse($0) }
  }
}
