import ArgumentParser
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaSQLite

/// `stella watch`: the main job.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow logs and print alerts as they fire.",
    discussion: """
      Examples:
        stella watch /var/log/auth.log /var/log/nginx/access.log
        journalctl -f -o cat -u shop | stella watch
        stella watch --no-follow --output json app.jsonl | jq .summary

      SIGHUP loads the rules anew. Positions are kept under ./.stella, so that the next start goes on where this one ends.
      With refused rules the others run, and the exit status is 2 at the end.
      """)

  @OptionGroup var source: SourceOptions
  @OptionGroup var rule: RuleOptions
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "Refuse to start when a rule is refused.")
  var strict = false

  @Option(
    name: .long, help: "A directory or file of fixes; may be given several times. Default: stella.yaml, else ./Fixes.",
    completion: .directory)
  var fixes: [String] = []

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Keep alerts and propose fixes for them. Default: when following, and stella.yaml declares targets.")
  var propose: Bool?

  @Flag(name: .long, help: "Carry out what is approved, or safe by configuration. Proposes as well.")
  var runFixes = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Threads that rules are spread over, at most one for each core. Alerts don't depend on it. Default: limits.workers "
        + "of the configuration, else 1."))
  var workers: Int?

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers) is not a positive number.") }
  }

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(source.config)
    var options = WatchOptions()
    options.inputs = try source.inputs(configuration)
    options.follow = source.follow
    options.rulePaths = try rule.paths(configuration)
    options.parameters = configuration.parameterValues
    options.lateness = configuration.limits.lateness.nanoseconds
    options.checkpointInterval = configuration.limits.checkpoint.nanoseconds
    options.workers = WorkerThreads.sensible(workers ?? configuration.limits.workers)
    options.lineLimit = configuration.limits.lineBytes
    let proposes = runFixes || (propose ?? (options.follow && !configuration.targets.isEmpty))
    let state = try WatchState(for: options, directory: configuration.state, isNeeded: proposes)
    options.store = state.isKept ? state.store : nil
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    let remediation = proposes ? try begin(configuration, state, printer, console) : nil
    let interrupts = try Interrupts()
    let isStrict = strict
    let prepared = options
    let summary = try EngineThread.run {
      let (sources, unreadable) = RuleFiles.read(prepared.rulePaths)
      let rules = RuleSet(
        sources: sources, parameters: prepared.parameters,
        fields: FieldRegister(keySeed: .random(in: .min ... .max)), unreadable: unreadable, workers: prepared.workers)
      printer.refused(rules.refusals)
      if isStrict && !rules.refusals.isEmpty { throw CommandStatus.broken }
      if rules.rules.isEmpty {
        throw CommandFailure(
          rules.refusals.isEmpty ? .usage : .broken,
          "no rule is active. \(prepared.rulePaths.joined(separator: ", ")) has none that can be used.")
      }
      try checkParameters(configuration, rules, console)
      let run = try WatchRun(
        options: prepared, rules: rules,
        onAlerts: { try printer.alerts(remediation?.take($0) ?? $0) },
        isSettled: { remediation?.isSettled(waits: $0) ?? true }, onNotice: printer.notice)
      printer.started(rules: rules.rules.count, sources: run.sourceNames)
      return try run.run(interrupts: interrupts)
    }
    remediation?.end(isInterrupted: summary.wasInterrupted)
    state.release()
    printer.summary(summary)
    printer.muted(remediation?.muted ?? 0)
    if summary.wasInterrupted { throw CommandStatus.interrupted }
    if !summary.refusals.isEmpty { throw CommandStatus.broken }
  }

  private func begin(
    _ configuration: Configuration, _ state: WatchState, _ printer: WatchPrinter, _ console: Console
  ) throws -> WatchRemediation {
    let desk = try RemediationDesk(configuration, fixes: fixes, store: state.store)
    printer.refused(desk.remediation.fixes.refusals)
    return try WatchRemediation(desk, runsFixes: runFixes, printer: printer, console: console)
  }

  /// A rule id under `params:` that no rule has is a typing mistake that would silently change nothing, unless `--rules` picks
  /// fewer rules than the configuration is written for.
  private func checkParameters(_ configuration: Configuration, _ rules: RuleSet, _ console: Console) throws {
    let known = rules.rules.map(\.manifest.id) + rules.refusals.compactMap(\.id)
    for (id, values) in configuration.params.sorted(by: { $0.key < $1.key }) where !known.contains(id) {
      let place = values.values.map { "\($0.place)" }.min() ?? "stella.yaml"
      let hint = NearestName.of(id, in: known).map { " Did you mean \($0)?" } ?? ""
      let message = "\(place): params names the rule \(id), which is not among the active rules.\(hint)"
      if rule.rules.isEmpty { throw CommandFailure(.usage, message) }
      if !result.quiet { console.note(TextEscaping.oneLine("warning: " + message)) }
    }
  }
}

/// The state directory of a watch, taken only when something is kept there.
private final class WatchState {
  private var lock: StateLock?
  let store: SQLiteStore?
  /// Whether a restart can go on from it.
  let isKept: Bool

  /// - Parameter isNeeded: whether alerts are kept there in any case.
  init(for options: WatchOptions, directory path: String, isNeeded: Bool) throws {
    let isAsked = options.follow || options.inputs.contains { $0.from == .checkpoint }
    isKept = isAsked && options.inputs.contains { $0.paths != ["-"] }
    guard isKept || isNeeded else {
      (lock, store) = (nil, nil)
      return
    }
    let directory = try StateDirectory(path: path)
    lock = try StateLock(directory, holder: "stella watch")
    store = try SQLiteStore(directory)
  }

  func release() {
    try? store?.close()
    lock = nil
  }
}

extension Duration {
  var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
