import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel

/// `stella rules replay`: what rules would have told.
struct RulesReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run rules over logs of the past: what they would have told, and nothing else.",
    discussion: """
      Nothing is kept, nobody is told, nothing is repaired; files are merged by time. Each alert is listed once, as it was at \
      the end, by when it began to fire; LASTED is from its first event to its last.

      Examples:
        stella rules replay app.log.1 app.log
        stella rules replay --rules Rules/shop --output json app.log | jq .summary

      Exit status: 0 without alerts, 1 with some, 2 when a rule is refused.
      """)

  @Argument(help: ArgumentHelp("Log files and quoted patterns; - is standard input.", valueName: "file"))
  var files: [String]

  @OptionGroup var rules: RuleOptions
  @OptionGroup var inputs: ReplayInputs
  @OptionGroup var result: OutputOptions

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(inputs.config)
    let (replay, refusals, ids) = try ReplayInputs.replay(
      try inputs.options(files, configuration), rules: try rules.paths(configuration), files: files,
      configuration, isWhole: rules.rules.isEmpty, console, isQuiet: result.quiet)
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    printer.refused(refusals)
    printer.failing(replay.summary)
    printer.damage(replay.summary)
    printer.heldBack(replay.summary)
    switch result.output {
    case .json: for alert in replay.alerts { console.line(alert.json) }
    case .table:
      console.write(ReplayScreen(terminal: console.output).alerts(replay.alerts))
      if !result.quiet { console.write(ReplayScreen(terminal: console.output).totals(replay, rules: ids)) }
    }
    if replay.summary.wasInterrupted { throw CommandStatus.interrupted }
    if !refusals.isEmpty { throw CommandStatus.broken }
    if !replay.alerts.isEmpty { throw CommandStatus.findings }
  }
}
