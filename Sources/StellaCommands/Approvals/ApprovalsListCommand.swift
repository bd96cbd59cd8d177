import ArgumentParser
import StellaModel
import StellaServer

/// `stella approvals list`: runs that wait for somebody.
struct ApprovalsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs that wait for a decision or an operator.",
    discussion: """
      Examples:
        stella approvals list
        stella approvals list --all --output json
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Also those that are over: rejected, expired, done.") var all = false
  @Option(name: .long, help: "The most that are listed.") var limit = 1000

  func run() throws {
    var filter = OperatorRequest.Filter()
    filter.limit = limit
    if !all { filter.states = RunState.allCases.filter { $0.turn != .nobody } }
    try RequestVerb.run(.list(filter), options, result)
  }
}
