import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella log reseal`: another log after one that is damaged or was rolled back.
struct LogResealCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reseal", abstract: "Begin another log after one that is damaged, and name that in it.",
    discussion: """
      First try to restore the store. This keeps the old log's records, but nobody can tell any longer what is missing of them: the \
      new log says who began it, why, and where the old one ended. Needs the role admin.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .long, help: "Why; it goes on record.") var reason: String

  func run() throws {
    let configuration = try Configuration.load(options.config)
    let actor = try Viewer(ApprovalRules(configuration).people).admin("reseal the log")
    let directory = try StateDirectory(path: configuration.state)
    let lease = try RunnerLease(directory, holder: "stella log reseal")
    defer { withExtendedLifetime(lease) {} }
    let store = try SQLiteStore(directory)
    defer { try? store.close() }
    try LogResealCommand.checkNothingIsOpen(store)
    let sealing = try LogSigning.sealer(configuration, directory, store).reseal(
      store, as: .command, time: SystemTime().now(), actor: actor, reason: reason, nonce: LogKeyFile.unpredictable(16))
    AnchorNotes.print(sealing, .standard)
    switch result.output {
    case .json: Console.standard.line(FieldValue.object([.init("checkpoint", .string(sealing.checkpoint.text))]).json)
    case .table: Console.standard.line("A new log has begun: \(sealing.checkpoint.log.hex)")
    }
  }

  /// What targets know of an effect they know under the old log's name.
  private static func checkNothingIsOpen(_ store: SQLiteStore) throws {
    let open = try store.readRuns { transaction in
      try transaction.runs(RunQuery()).filter { run in
        try !run.state.isTerminal && transaction.steps(of: run.id).contains { $0.state == .intended }
      }
    }
    guard open.isEmpty else {
      throw CommandFailure(
        .conflict,
        "an effect of \(open.map(\.id).joined(separator: ", ")) has no known outcome. Settle that first, with "
          + "`stella runs execute` or `stella runs reconcile`.")
    }
  }
}
