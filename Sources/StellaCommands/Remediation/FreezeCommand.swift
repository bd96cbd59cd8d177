import ArgumentParser
import StellaServer

/// `stella freeze`: stops all effects, or lets them go on.
struct FreezeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze", abstract: "Stop all effects at their next boundary, durably.",
    subcommands: [FreezeSetCommand.self, FreezeClearCommand.self, FreezeStatusCommand.self],
    defaultSubcommand: FreezeStatusCommand.self)
}

struct FreezeSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Stop all effects. What is half done stops before its next effect.",
    discussion: "Example: stella freeze set --reason \"incident 4711\"")

  @OptionGroup var options: RequestOptions
  @Option(name: .long, help: "Why; everybody who is held up sees it.") var reason: String

  func run() throws { try RequestVerb.run(.freeze(reason: reason), options, .table) }
}

struct FreezeClearCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clear", abstract: "Let effects go on. Approved runs whose time isn't over begin.")

  @OptionGroup var options: RequestOptions
  @Option(name: .long, help: "Why it is over.") var reason: String

  func run() throws { try RequestVerb.run(.thaw(reason: reason), options, .table) }
}

struct FreezeStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show whether effects are stopped. Exit status 8 when they are.")

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.freezeStatus, options, result) }
}
