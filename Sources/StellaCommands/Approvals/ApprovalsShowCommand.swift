import ArgumentParser
import StellaServer

/// `stella approvals show`: everything that a decision needs, on one screen.
struct ApprovalsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run: what it will change, why, and how to approve exactly that.",
    discussion: """
      Examples:
        stella approvals show r-7f3a2b10
        stella approvals show r-7f3a2b10 --effects
        stella approvals show r-9c01d2e4 --diff r-7f3a2b10
      """)

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Every row of every effect, not only the first ones.") var effects = false
  @Option(name: .long, help: ArgumentHelp("Show how its plan differs from that of another run.", valueName: "run"))
  var diff: String?

  func run() throws { try RequestVerb.run(.show(id, isWhole: effects, former: diff), options, result) }
}
