import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella approvals list`: runs that wait for somebody.
struct ApprovalsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs that wait for a decision or an operator.",
    discussion: """
      Examples:
        stella approvals list
        stella approvals list --all --output json
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Also those that are over: rejected, expired, done.") var all = false
  @Option(name: .long, help: "The most that are listed.") var limit = 1000

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    var query = RunQuery()
    query.limit = limit
    if !all { query.states = RunState.allCases.filter { $0.turn != .nobody } }
    try RunListing.print(desk, query, result)
  }
}

/// What `approvals list` and `runs list` print.
enum RunListing {
  static func print(_ desk: RemediationDesk, _ query: RunQuery, _ result: OutputOptions) throws {
    let (reports, total, freeze) = try desk.remediation.reports(query, viewer: desk.viewer.report)
    switch result.output {
    case .json:
      for report in RunTable.ordered(reports) { Console.standard.line(RunJSON.line(report)) }
    case .table:
      Console.standard.write(
        RunTable(terminal: Console.standard.output).text(
          reports, total: total, freeze: freeze, now: desk.remediation.journal.time.now()))
    }
  }
}
