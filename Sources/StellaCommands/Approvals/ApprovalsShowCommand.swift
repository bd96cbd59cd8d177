import ArgumentParser
import StellaModel
import StellaRemediation

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
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Every row of every effect, not only the first ones.") var effects = false
  @Option(name: .long, help: ArgumentHelp("Show how its plan differs from that of another run.", valueName: "run"))
  var diff: String?

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let report = try desk.report(on: id)
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(report))
    case .table:
      if let diff {
        let former = try desk.report(on: diff)
        guard let old = former.plan, let new = report.plan else {
          throw CommandFailure(.notFound, "one of the two runs has no plan, so that there is nothing to compare")
        }
        Console.standard.write(
          PlanDifferenceScreen(difference: PlanDifference(from: old, to: new), terminal: Console.standard.output).text()
        )
      } else {
        Console.standard.write(
          RunScreen(report: report, terminal: Console.standard.output, showsAllEffects: effects).text())
      }
    }
  }
}
