import ArgumentParser
import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting

/// `stella rules explain`: why rules fired for an event, or did not.
struct RulesExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say why rules fired for an event, or why they did not.",
    discussion: """
      The file holds the event and what came before it: rules run over all of it, so that windows hold what they would have \
      held. Nothing is kept, and nobody is told. Of the state directory it says which silences hold, and what became of the \
      fixes of the rule for the event's key.

      Examples:
        stella rules explain --event app.log
        stella rules explain --event app.log --line 812 --rule errors.spike
        tail -n 500 app.log | stella rules explain --event - --rule errors.spike --output json
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var result: OutputOptions

  @Option(
    name: .long, help: ArgumentHelp("A log that ends with the event; - is standard input.", valueName: "file"),
    completion: .file())
  var event: String

  @Option(name: .long, help: "The event's line, from 1. Default: the last one.") var line: Int?

  @Option(name: .long, help: "Only this rule; may be given several times.") var rule: [String] = []

  @Option(
    name: .long, help: "A directory or file of fixes; may be given several times. Default: stella.yaml, else ./Fixes.",
    completion: .directory)
  var fixes: [String] = []

  @Flag(name: .long, help: "Also the rules that don't look at the event, one line each.") var all = false

  @Option(
    name: .long, help: "How lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  var format = LogFormat.auto

  @Option(name: .long, help: "The zone of times without one, such as Europe/Berlin or +02:00. Default: UTC.")
  var tz: String?

  @Option(name: .long, help: "The year of times without one. Default: of the file's last change.") var year: Int?

  func run() throws {
    let (log, reference) = try LogFile.read(event)
    let arguments = arguments
    var reading = RuleExplainer.Reading()
    reading.format = format
    if let tz {
      guard let zone = TimeZones.rules(tz) else {
        throw CommandFailure(
          .usage, "--tz: there is no time zone \(tz). Use an IANA name such as Europe/Berlin, or +02:00.")
      }
      reading.zone = zone
    }
    reading.year = year
    reading.reference = reference
    let prepared = reading
    let (name, line, wanted, named) = (event, line, rule, fixes)
    let (report, outlooks) = try EngineThread.run { () throws -> (RuleExplainer.Report, [String: [FixOutlook]]) in
      let catalog = try RuleCatalog.load(arguments, tracesLines: true)
      try catalog.check(wanted)
      var reading = prepared
      reading.lateness = catalog.configuration.limits.lateness.nanoseconds
      if let error = catalog.rules.exceptionErrors.first {
        throw CommandFailure(.usage, TextEscaping.block("\(error)"))
      }
      let now = SystemTime().now()
      let silences = try KeptState.read(catalog.configuration.state) { try $0.silences() } ?? []
      let report: RuleExplainer.Report
      do throws(RuleExplainer.Failure) {
        report = try RuleExplainer.explain(
          log, name: name, line: line, rules: catalog.rules, reading: reading,
          mute: { rule, key, time in
            silences.first { $0.mutes(rule: rule, key: key, at: now) }?.mute
              ?? catalog.muting.alerts.mute(rule: rule, key: key, at: time)
          })
      } catch {
        throw CommandFailure(.usage, TextEscaping.oneLine(error.message, limit: 500))
      }
      return (report, try Self.outlooks(report, catalog, named, now: now))
    }
    WatchPrinter(console: .standard, mode: result.output, isQuiet: result.quiet).damage(report.damage)
    let rules = report.rules.filter { wanted.isEmpty || wanted.contains($0.rule) }
    switch result.output {
    case .json:
      for rule in rules where all || !wanted.isEmpty || rule.outcome != .passed {
        Console.standard.line(ExplanationJSON.line(rule, outlooks[rule.rule] ?? [], of: report))
      }
    case .table:
      Console.standard.write(
        ExplanationScreen(terminal: Console.standard.output, fixes: outlooks)
          .text(report, rules, named: !wanted.isEmpty, all: all))
    }
  }

  /// The fixes of each rule that has some, with their last run for the key.
  private static func outlooks(
    _ report: RuleExplainer.Report, _ catalog: RuleCatalog, _ named: [String], now: Int64
  ) throws -> [String: [FixOutlook]] {
    let (sources, unreadable) = RuleFiles.read(RemediationOptions.paths(named, catalog.configuration))
    let fixes = FixSet(sources: sources, unreadable: unreadable)
    var outlooks: [String: [FixOutlook]] = [:]
    for (explanation, rule) in zip(report.rules, catalog.rules.rules) {
      let found = FixOutlook.of(explanation, rule.manifest, in: fixes)
      if !found.isEmpty { outlooks[explanation.rule] = found }
    }
    if outlooks.isEmpty { return [:] }
    let keys = Dictionary(report.rules.map { ($0.rule, $0.key) }) { first, _ in first }
    let asked = outlooks
    return try KeptState.read(catalog.configuration.state) { transaction in
      var known = asked
      for (rule, fixes) in asked {
        for (place, fix) in fixes.enumerated() {
          var query = RunQuery()
          query.subject = Run.subject(fix: fix.fix, rule: rule, key: keys[rule] ?? [])
          query.limit = 1
          let last = try transaction.runs(query).last
          let run = try Self.asked(fix, since: last, transaction) ?? last
          known[rule]?[place].run = run
          let deadline = run?.state == .awaiting ? run?.decideBy : run?.state == .approved ? run?.executeBy : nil
          known[rule]?[place].isLate = deadline.map { $0 <= now } ?? false
          if run == nil, let alert = fix.alert {
            known[rule]?[place].isOver =
              try alert.status == .resolved || transaction.alert(alert.id)?.status == .resolved
          }
        }
      }
      return known
    } ?? asked
  }

  /// What a person asked for with the parameters that the alert would give, and that hasn't ended; nil when `last` is newer or
  /// there is none.
  private static func asked(_ fix: FixOutlook, since last: Run?, _ transaction: SQLiteTransaction) throws -> Run? {
    guard let parameters = fix.parameters else { return nil }
    var query = RunQuery()
    query.fix = fix.fix
    query.states = RunState.allCases.filter { $0.turn != .nobody }
    query.limit = 100
    return try transaction.runs(query).last { run in
      run.alert.isEmpty && run.parameters == parameters && run.proposedAt >= last?.proposedAt ?? .min
    }
  }
}
