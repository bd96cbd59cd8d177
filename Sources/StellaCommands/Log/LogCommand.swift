import ArgumentParser

/// `stella log`: the execution log.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Read, verify and export the execution log.",
    subcommands: [LogShowCommand.self, LogVerifyCommand.self, LogExportCommand.self, LogCheckpointCommand.self])
}
