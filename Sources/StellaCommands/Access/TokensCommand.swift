import ArgumentParser
import StellaServer

/// `stella tokens`: what programs show to be let in.
struct TokensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "API tokens: what programs show to be let in. None can vote.",
    discussion: """
      Examples:
        stella tokens new shipper --scope events:write --for 90d
        stella tokens revoke shipper

      A token is shown once, when it is made, and kept as a digest. Programs send it as `Authorization: Bearer …`.
      """,
    subcommands: [TokensListCommand.self, TokensNewCommand.self, TokensRevokeCommand.self],
    defaultSubcommand: TokensListCommand.self)
}

struct TokensListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all tokens, by the beginning that tells them apart.")

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.access(.tokens), options, result) }
}

struct TokensNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a token, and show it this once.")

  @Argument(help: "What it is called: lower-case ASCII letters, digits, `.`, `_` and `-`.") var name: String
  @Option(name: .long, help: "events:write, read or propose; may be given several times.") var scope: [String]
  @Option(name: .customLong("for"), help: "How long it is valid, up to 366d.") var lifetime = "90d"
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    try RequestVerb.run(.access(.newToken(name, scopes: scope, lifetime: lifetime)), options, result)
  }
}

struct TokensRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "revoke", abstract: "End a token at once.")

  @Argument(help: "What it is called.") var name: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.access(.revokeToken(name)), options, result) }
}
