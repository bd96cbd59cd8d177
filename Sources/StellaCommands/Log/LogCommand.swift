import ArgumentParser

/// `stella log`: the execution log.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Read, verify, export and prune the execution log.",
    subcommands: [
      LogShowCommand.self, LogStatusCommand.self, LogVerifyCommand.self, LogExportCommand.self, LogPruneCommand.self,
      LogCheckpointCommand.self, LogKeyCommand.self, LogRotateKeyCommand.self, LogResealCommand.self,
    ])
}
