import ArgumentParser
import StellaConfiguration
import StellaModel
import StellaServer

/// `stella rules list`: what is active and what is not.
struct RulesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List rules and what they do, also those that are refused.",
    discussion: """
      Where `stella serve` runs it answers: with the rules that run, of which some may rest after failures or be in shadow mode. \
      With paths, --local, and where no server runs the rules are loaded as a watch would load them.

      Examples:
        stella rules list
        stella rules list --output json Rules/security
      """)

  @OptionGroup var arguments: RulesArguments
  @OptionGroup var place: RulePlaceOptions
  @OptionGroup var result: OutputOptions

  func validate() throws { try place.check(arguments.paths) }

  func run() throws { try RequestVerb.run(.rules(.list), at: place.requestPlace(arguments), result) }
}

/// `stella rules show`
struct RulesShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one rule: what it does, what it is for, and its text.",
    discussion: """
      Examples:
        stella rules show security.ssh-brute-force
        stella rules show errors.spike --output json | jq -r .source
      """)

  @Argument(help: "The rule's id.") var rule: String
  @OptionGroup var arguments: RulesArguments
  @OptionGroup var place: RulePlaceOptions
  @OptionGroup var result: OutputOptions

  func validate() throws { try place.check(arguments.paths) }

  func run() throws { try RequestVerb.run(.rules(.show(rule)), at: place.requestPlace(arguments), result) }
}

/// `stella rules reload`
struct RulesReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Have a running stella serve load its rules anew, and see what comes of it.",
    discussion: """
      Changed files are loaded by themselves within a second or two; this waits for it, also where nothing has changed, and is \
      recorded in the execution log. What is broken leaves the rules in use as they were.

      Exit status: 0, 2 when rules are refused, 11 when no server runs.
      """)

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
  @OptionGroup var remote: RemoteOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try RequestVerb.run(
      .rules(.reload), at: RequestPlace(config: config, isLocal: false, remote: remote), result)
  }
}

/// Who answers about rules.
struct RulePlaceOptions: ParsableArguments {
  @Flag(name: .long, help: "Load the rules here, also where `stella serve` runs.")
  var local = false

  @OptionGroup var remote: RemoteOptions

  func check(_ paths: [String]) throws {
    if remote.server != nil, local || !paths.isEmpty {
      throw ValidationError("--server answers with its own rules. Leave it out, or --local and the paths.")
    }
  }

  func requestPlace(_ arguments: RulesArguments) throws -> RequestPlace {
    try RequestPlace(
      config: arguments.config, rules: arguments.paths, isLocal: local || !arguments.paths.isEmpty, remote: remote)
  }
}
