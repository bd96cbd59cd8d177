import ArgumentParser
import StellaEngine
import StellaModel
import StellaRemediation

/// `stella runs`: what fixes did, and what to do about a run that needs a person.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "See runs of fixes; carry one out, take one back, say what became of one.",
    subcommands: [
      RunsListCommand.self, RunsShowCommand.self, RunsExecuteCommand.self, RunsRollbackCommand.self,
      RunsReconcileCommand.self, RunsAcceptCommand.self,
    ], defaultSubcommand: RunsListCommand.self)
}

/// `stella runs list`
struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runs, those first that need a person.")

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .long, help: "Only runs in this state; may be given several times.") var state: [String] = []
  @Option(name: .long, help: "Only runs of this fix.") var fix: String?
  @Option(name: .long, help: "The most that are listed; the newest of them.") var limit = 50

  func run() throws {
    var query = RunQuery()
    query.fix = fix
    query.limit = limit
    query.states = try state.map { name in
      if let state = RunState(rawValue: name.replacing("-", with: "_")) { return state }
      let names = RunState.allCases.map(\.rawValue)
      let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(.usage, "there is no state \(name).\(hint) The states are \(names.joined(separator: ", ")).")
    }
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    try RunListing.print(desk, query, result)
  }
}

/// `stella runs show`
struct RunsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run: what it did, step by step, and what can be done about it.")

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let report = try desk.report(on: id)
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(report))
    case .table: Console.standard.write(RunScreen(report: report, terminal: Console.standard.output).text())
    }
  }
}

/// `stella runs execute`
struct RunsExecuteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "execute", abstract: "Carry out an approved run now, where no engine is running that does.",
    discussion: """
      First what an engine before left half done is resolved; then the plan is made once more under the target's lock, and
      only the approved one is carried out.

      SIGINT and SIGTERM end it after the effect that is under way, with its outcome on record; a second one ends it at once.

      Exit status: 0 done, 4 the plan has changed or it isn't approved, 8 frozen, 9 an outcome is unknown, 10 it failed, 130
      it was interrupted and is to be gone on with.
      """)

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let lease = try RunnerLease(desk.directory, holder: "stella runs execute")
    defer { withExtendedLifetime(lease) {} }
    let id = id
    let end = EndRequest()
    let run = try end.whileListening {
      Console.standard.note("stella: ends after the effect that is under way; a second signal ends it at once")
    } _: { () -> Run in
      let runner = try Runner(desk.remediation, holder: "stella runs execute") { end.isMade }
      let recovered = try runner.recover()
      if let run = recovered.first(where: { $0.id == id }), run.state != .approved { return run }
      return try runner.execute(id)
    }
    desk.seal(.standard)
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(try desk.report(on: id)))
    case .table:
      Console.standard.write(RunScreen(report: try desk.report(on: id), terminal: Console.standard.output).text())
    }
    if end.isMade, run.state.turn == .runner {
      throw CommandFailure(.interrupted, "interrupted. Go on with it: stella runs execute \(id)")
    }
    if let status = RunEnd.status(run.state) { throw status }
  }
}

enum RunEnd {
  /// How a command that carried a run out ends; nil when all is well.
  static func status(_ state: RunState) -> CommandStatus? {
    switch state {
    case .succeeded, .rolledBack, .noChange, .verifying: nil
    case .superseded, .expired, .withdrawn, .rejected: .conflict
    case .frozen: .frozen
    case .unknown, .rollbackUnknown: .outcomeUnknown
    default: .failure
    }
  }
}

/// `stella runs rollback`
struct RunsRollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Ask for what a run did to be taken back.",
    discussion: """
      That is a run of its own, with a plan that is approved like any other. Rows are put back as they were, each only where it
      still holds what the run wrote.
      """)

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let run = try desk.remediation.requestRollback(of: id, by: "user:\(try desk.viewer.voter())")
    desk.seal(.standard)
    switch result.output {
    case .json: Console.standard.line(RunJSON.full(try desk.report(on: run.id)))
    case .table:
      Console.standard.write(
        RunScreen(report: try desk.report(on: run.id), terminal: Console.standard.output).text())
    }
  }
}

/// `stella runs reconcile`
struct RunsReconcileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile", abstract: "Say what became of an effect whose outcome nobody could tell.",
    discussion: """
      Look at the target first. When it was applied, the run goes on after it; otherwise it stops there, and is never tried again
      by itself.
      """)

  @Argument(help: "The run's id.") var id: String
  @Flag(help: "What became of it.") var finding: Finding
  @Option(name: .long, help: "How you know; it goes on record.") var reason: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  enum Finding: String, EnumerableFlag {
    case applied
    case notApplied
  }

  func run() throws {
    try DecisionRun.change(options, result) { desk, voter in
      try desk.remediation.reconcile(id, isApplied: finding == .applied, by: voter, reason: reason)
    } then: { desk, run in
      if try !RunnerLease.isHeld(desk.directory), !result.quiet {
        Console.standard.note("No engine is running that goes on with it. Do it now: stella runs execute \(run.id)")
      }
    }
  }
}

/// `stella runs accept`
struct RunsAcceptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Close a run that was applied in part, as it stands.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try DecisionRun.change(options, result) { desk, voter in
      try desk.remediation.accept(id, by: voter, reason: reason)
    }
  }
}
