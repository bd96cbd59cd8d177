import ArgumentParser

/// `stella rules`: everything about rule files.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "List, show, begin, check, test, explain, compare and import rules; see what they decided.",
    subcommands: [
      RulesListCommand.self, RulesShowCommand.self, RulesReloadCommand.self, RulesNewCommand.self,
      RulesLintCommand.self, RulesTestCommand.self,
      RulesExplainCommand.self, RulesReplayCommand.self, RulesDiffCommand.self,
      RulesProfileCommand.self, RulesHistoryCommand.self, RulesStubsCommand.self, RulesImportCommand.self,
    ])
}

/// What the verbs of `stella rules` take.
struct RulesArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Rule files and directories. Default: stella.yaml, else ./Rules, else those that ship.", valueName: "path"),
    completion: .file())
  var paths: [String] = []

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
}
