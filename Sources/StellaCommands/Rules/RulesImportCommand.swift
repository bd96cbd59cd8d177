import ArgumentParser

/// `stella rules import`: rules of other systems as native ones.
struct RulesImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Turn rules of other systems into native ones.",
    subcommands: [RulesImportSigmaCommand.self, RulesImportPrometheusCommand.self])
}
