import ArgumentParser
import StellaModel
import StellaServer

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

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .long, help: "Only runs in this state; may be given several times.") var state: [String] = []
  @Option(name: .long, help: "Only runs of this fix.") var fix: String?
  @Option(name: .long, help: "The most that are listed; the newest of them.") var limit = 50

  func run() throws {
    var filter = OperatorRequest.Filter()
    filter.fix = fix
    filter.limit = limit
    filter.states = try state.map(OperatorRequest.state)
    try RequestVerb.run(.list(filter), options, result)
  }
}

/// `stella runs show`
struct RunsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run: what it did, step by step, and what can be done about it.")

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.show(id), options, result) }
}

/// `stella runs execute`
struct RunsExecuteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "execute", abstract: "Carry out an approved run now.",
    discussion: """
      Where an engine is running that takes up what is approved by itself, that is waited for. Else this process does it:
      first what an engine before left half done is resolved; then the plan is made once more under the target's lock, and \
      only the approved one is carried out.

      SIGINT and SIGTERM end it after the effect that is under way, with its outcome on record; a second one ends it at once.

      Exit status: 0 done, 4 the plan has changed or it isn't approved, 8 frozen, 9 an outcome is unknown, 10 it failed, 130 \
      it was interrupted and is to be gone on with.
      """)

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.execute(id), options, result) }
}

enum RunEnd {
  /// How a command that carried a run out ends.
  static func status(_ state: RunState) -> CommandStatus {
    switch state {
    case .succeeded, .rolledBack, .noChange, .verifying: .done
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
      That is a run of its own, with a plan that is approved like any other. Rows are put back as they were, each only where it \
      still holds what the run wrote.
      """)

  @Argument(help: "The run's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.rollback(id), options, result) }
}

/// `stella runs reconcile`
struct RunsReconcileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile", abstract: "Say what became of an effect whose outcome nobody could tell.",
    discussion: """
      Look at the target first. When it was applied, the run goes on after it; otherwise it stops there, and is never tried again \
      by itself.
      """)

  @Argument(help: "The run's id.") var id: String
  @Flag(help: "What became of it.") var finding: Finding
  @Option(name: .long, help: "How you know; it goes on record.") var reason: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  enum Finding: String, EnumerableFlag {
    case applied
    case notApplied
  }

  func run() throws {
    try RequestVerb.run(.reconcile(id, finding == .applied ? .applied : .notApplied, reason: reason), options, result)
  }
}

/// `stella runs accept`
struct RunsAcceptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Close a run that was applied in part, as it stands.")

  @Argument(help: "The run's id.") var id: String
  @Option(name: .long, help: "Why; it goes on record.") var reason: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.accept(id, reason: reason), options, result) }
}
