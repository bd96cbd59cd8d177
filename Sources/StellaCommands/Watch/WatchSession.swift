import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaSQLite

/// What `watch` and `serve` do alike: reading sources, running rules over them, printing alerts, and looking after fixes.
final class WatchSession {
  /// Of the journal of what comes over the network.
  static let intakeName = "the network"

  struct Plan {
    /// What this process is, for others that want the same state directory.
    var holder: String
    var configuration: Configuration
    var options: WatchOptions
    /// Given on the command line.
    var fixes: [String]
    var proposes: Bool
    var runsFixes: Bool
    /// Bytes that detection may be behind what comes over the network; nil where nothing does.
    var intakeBytes: Int?
    /// Shows what happens to those who look on; nil where nobody can.
    var feed: LiveFeed?
    /// Hears what goes wrong; nil where nobody is told.
    var trouble: EngineTrouble?
    var isStrict: Bool
    /// Whether the command line picks the rules, so that parameters of others are no mistake.
    var picksRules: Bool
    var output: OutputMode
    var isQuiet: Bool
  }

  /// Nil where nothing is proposed.
  let desk: RemediationDesk?
  /// What comes over the network, when something does.
  let journal: IntakeJournal?
  /// Through which others may ask how the engine fares.
  let monitor = EngineMonitor()
  /// Takes events to where they are kept; nil where they are not. To be set before ``watch(_:onStart:)``.
  var archive: EventTap?
  private let plan: Plan
  private let console = Console.standard
  private let printer: WatchPrinter
  private let state: WatchState
  private let remediation: WatchRemediation?
  /// Keeps alerts where nothing is proposed for them; nil where nothing is kept.
  private let keeping: RemediationThread<SQLiteStore>?

  /// Tells those who look on of silences; nil where nobody can.
  var silences: SilenceFeed? { remediation?.silences }

  /// Takes the state directory, and begins to look after alerts where state is kept, and after fixes when that is asked for.
  init(_ plan: Plan) throws {
    self.plan = plan
    var options = plan.options
    printer = WatchPrinter(console: console, mode: plan.output, isQuiet: plan.isQuiet)
    state = try WatchState(
      for: options, directory: plan.configuration.state, holder: plan.holder, isNeeded: plan.proposes,
      takesIn: plan.intakeBytes != nil)
    options.store = state.isKept ? state.store : nil
    options.masking = try PrivacyRules.intake(plan.configuration)
    options.muting = try MutingRules.of(plan.configuration)
    if let file = plan.configuration.file {
      options.readMuting = { () throws(RuleError) in try MutingRules.read(file) }
    }
    journal = try state.journal(heldBytes: plan.intakeBytes, masking: options.masking)
    options.journals = [journal].compactMap(\.self)
    guard plan.proposes else {
      (desk, remediation) = (nil, nil)
      keeping = try state.store.map { [printer] store in
        try RemediationThread(
          keepingIn: store, time: SystemTime(),
          alertLifetime: Int64(plan.configuration.retention.alerts / .nanoseconds(1)),
          onNotice: { printer.remediation($0, isKeptOnly: true) })
      }
      if let keeping { options.mute = { keeping.mute($0) } }
      self.options = options
      return
    }
    let desk = try RemediationDesk(
      plan.configuration, fixes: plan.fixes, rulePaths: options.rulePaths, store: state.store)
    printer.refused(desk.remediation.fixes.refusals)
    self.desk = desk
    let remediation = try WatchRemediation(
      desk, holder: plan.holder, runsFixes: plan.runsFixes, printer: printer, console: console, feed: plan.feed,
      trouble: plan.trouble)
    options.mute = remediation.silence
    self.remediation = remediation
    keeping = nil
    self.options = options
  }

  private let options: WatchOptions

  /// Watches until the input or an interrupt ends it. To be called on a thread with a deep stack, once.
  ///
  /// - Parameter onStart: called when all sources are open.
  func watch(_ interrupts: Interrupts, onStart: () -> Void = {}) throws -> WatchSummary {
    // Before they are read: what changes meanwhile is a change.
    let files = RuleFilesWatch(options.rulePaths)
    let (sources, unreadable) = RuleFiles.read(options.rulePaths)
    let rules = RuleSet(
      sources: sources, parameters: options.parameters, exceptions: options.muting.exceptions,
      fields: FieldRegister(keySeed: .random(in: .min ... .max)), unreadable: unreadable, workers: options.workers)
    printer.refused(rules.refusals)
    if plan.isStrict && !rules.refusals.isEmpty { throw CommandStatus.broken }
    if rules.rules.isEmpty {
      throw CommandFailure(
        rules.refusals.isEmpty ? .usage : .broken,
        "no rule is active. \(options.rulePaths.joined(separator: ", ")) has none that can be used.")
    }
    let review = MutingReview(plan.configuration, rules, isWhole: !plan.picksRules)
    let errors = rules.exceptionErrors + review.keyErrors
    if !errors.isEmpty {
      throw CommandFailure(.usage, TextEscaping.block(errors.map(\.description).joined(separator: "\n")))
    }
    try checkParameters(rules)
    let run = try WatchRun(
      options: options, rules: rules, ruleFiles: files,
      onAlerts: { [printer, remediation, keeping, feed = plan.feed] alerts in
        feed?.take(alerts)
        remediation?.take(alerts)
        keeping?.take(alerts)
        try printer.alerts(alerts.filter { $0.mute?.isShown ?? true })
      },
      isSettled: { [remediation, keeping] in
        remediation?.isSettled(within: $0) ?? keeping?.isSettled(within: $0) ?? true
      },
      onNotice: { [printer, trouble = plan.trouble] notice in
        trouble?.take(notice)
        printer.notice(notice)
      })
    run.onStanding = { [remediation, keeping] alerts in
      remediation?.update(alerts)
      keeping?.update(alerts)
    }
    run.resolvedByHand = remediation?.resolvedByHand ?? keeping?.resolvedByHand
    run.monitor = monitor
    run.feed = plan.feed
    run.archive = archive
    ProgramCode.release()
    printer.started(rules: rules.rules.count, sources: run.sourceNames)
    onStart()
    return try run.run(interrupts: interrupts)
  }

  /// Works off what is left of fixes, after an interrupt without beginning another effect, and lets go of the state
  /// directory.
  func end(isInterrupted: Bool) {
    journal?.finish()
    remediation?.end(isInterrupted: isInterrupted)
    keeping?.end()
    state.release()
  }

  /// Says what became of the watch.
  ///
  /// - Parameter mindsBroken: whether a rule whose script was sent to rest or stopped counts as one that is broken.
  /// - Throws: how the command ends, when it isn't done.
  func conclude(_ summary: WatchSummary, mindsBroken: Bool = false) throws {
    printer.summary(summary)
    printer.muted(summary.muted)
    if summary.wasInterrupted { throw CommandStatus.interrupted }
    if !summary.refusals.isEmpty || mindsBroken && summary.isAnyRuleBroken { throw CommandStatus.broken }
  }

  /// A rule id in the configuration that no rule has is a typing mistake that would silently change nothing, unless `--rules` picks
  /// fewer rules than the configuration is written for.
  private func checkParameters(_ rules: RuleSet) throws {
    let named =
      plan.configuration.params.sorted { $0.key < $1.key }.map { id, values in
        (id: id, place: values.values.map { "\($0.place)" }.min() ?? "stella.yaml", what: "params")
      } + plan.configuration.muting.rules
    for message in MutingReview.unknown(named, among: rules) {
      if !plan.picksRules { throw CommandFailure(.usage, message) }
      if !plan.isQuiet { console.note(TextEscaping.oneLine("warning: " + message)) }
    }
  }
}

extension WatchSession.Plan {
  /// What the options of a command come to.
  init(
    _ holder: String, _ source: SourceOptions, _ session: SessionOptions, inputs: [WatchOptions.Input],
    _ configuration: Configuration
  ) throws {
    var options = WatchOptions()
    options.inputs = inputs
    options.follow = source.follow
    options.rulePaths = try session.rule.paths(configuration)
    options.parameters = configuration.parameterValues
    options.lateness = configuration.limits.lateness.nanoseconds
    options.checkpointInterval = configuration.limits.checkpoint.nanoseconds
    if session.testGate ?? configuration.reload.testGate {
      options.testGate = configuration.reload.testTime.nanoseconds
    }
    options.workers = WorkerThreads.sensible(session.workers ?? configuration.limits.workers)
    options.lineLimit = configuration.limits.lineBytes
    self.init(
      holder: holder, configuration: configuration, options: options, fixes: session.fixes, proposes: false,
      runsFixes: false, isStrict: session.strict, picksRules: !session.rule.rules.isEmpty,
      output: session.result.output, isQuiet: session.result.quiet)
  }
}

/// The state directory of a watch, taken only when something is kept there.
private final class WatchState {
  private var lock: StateLock?
  let store: SQLiteStore?
  /// Whether a restart can go on from it.
  let isKept: Bool

  private let directory: StateDirectory?

  /// - Parameters:
  ///   - isNeeded: whether alerts are kept there in any case.
  ///   - takesIn: whether a journal is kept there.
  init(for options: WatchOptions, directory path: String, holder: String, isNeeded: Bool, takesIn: Bool) throws {
    let isAsked = options.follow || options.inputs.contains { $0.from == .checkpoint }
    isKept = takesIn || isAsked && options.inputs.contains { $0.paths != ["-"] }
    guard isKept || isNeeded else {
      (lock, store, directory) = (nil, nil, nil)
      return
    }
    let directory = try StateDirectory(path: path)
    self.directory = directory
    lock = try StateLock(directory, holder: holder)
    store = try SQLiteStore(directory)
  }

  func journal(heldBytes: Int?, masking: Masking?) throws -> IntakeJournal? {
    guard let heldBytes, let directory, let store else { return nil }
    var limits = IntakeJournal.Limits()
    limits.heldBytes = Int64(heldBytes)
    let saved = try store.positions()[JournalSource.key(of: WatchSession.intakeName)]
    return try IntakeJournal(
      path: directory.intake, name: WatchSession.intakeName, saved: saved, limits: limits, masking: masking,
      onWrongClock: { Console.standard.note("stella: " + TextEscaping.oneLine($0, limit: 500)) },
      onTrouble: { trouble in
        Console.standard.note(
          trouble.map { TextEscaping.oneLine("stella: no events are taken in: \($0.message)", limit: 500) }
            ?? "stella: events are taken in again")
      })
  }

  func release() {
    try? store?.close()
    lock = nil
  }
}

extension Duration {
  var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
