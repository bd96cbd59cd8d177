import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaScripting

/// `stella rules diff`: what another version of rules would have told.
struct RulesDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare what two versions of rules tell about the same logs.",
    discussion: """
      Examples:
        stella rules diff Rules/shop/checkout.lua /tmp/checkout.lua app.log
        git worktree add /tmp/before main && stella rules diff /tmp/before/Rules Rules app.log.1 app.log

      + is told by the new rules alone, - by the old ones alone, > at another time, ~ with another severity, text, value or \
      count. Times are those at which alerts begin to fire. Nothing is kept, and nobody is told.

      Exit status: 0 when they tell the same, 1 when not, 2 when a rule is refused.
      """)

  @Argument(help: "Rules as they were: a directory or a file.", completion: .file()) var old: String
  @Argument(help: "Rules as they are now.", completion: .file()) var new: String
  @Argument(help: ArgumentHelp("Log files and quoted patterns.", valueName: "file")) var files: [String]
  @OptionGroup var inputs: ReplayInputs
  @OptionGroup var result: OutputOptions

  func validate() throws {
    if files.contains("-") { throw ValidationError("diff reads the logs twice, which standard input can't be.") }
  }

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(inputs.config)
    let options = try inputs.options(files, configuration)
    for path in [old, new] { _ = try RuleOptions.parsed([path]).paths(configuration) }
    func replay(_ rules: String) throws -> (replay: RuleReplay, refusals: [RuleRefusal], rules: [String]) {
      try ReplayInputs.replay(
        options, rules: [rules], files: files, configuration, isWhole: nil, console, isQuiet: result.quiet)
    }
    let before = try replay(old)
    if before.replay.summary.wasInterrupted { throw CommandStatus.interrupted }
    let after = try replay(new)
    if after.replay.summary.wasInterrupted { throw CommandStatus.interrupted }
    let refusals = before.refusals + after.refusals
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    printer.refused(refusals)
    printer.failing(before.replay.summary)
    printer.failing(after.replay.summary, but: before.replay.summary.quarantined.map(\.error))
    printer.damage(before.replay.summary)
    let difference = ReplayDifference(old: before.replay.alerts, new: after.replay.alerts)
    switch result.output {
    case .json: for line in ReplayScreen.json(difference) { console.line(line) }
    case .table: console.write(ReplayScreen(terminal: console.output).difference(difference, isQuiet: result.quiet))
    }
    if !refusals.isEmpty { throw CommandStatus.broken }
    if !difference.isEmpty { throw CommandStatus.findings }
  }
}
