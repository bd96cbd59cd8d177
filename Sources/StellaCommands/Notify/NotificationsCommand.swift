import ArgumentParser
import StellaModel
import StellaServer

/// `stella notifications`: what people were told.
struct NotificationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notifications", abstract: "See what people are told, and try again what no sink took.",
    subcommands: [NotificationsListCommand.self, NotificationsRetryCommand.self],
    defaultSubcommand: NotificationsListCommand.self)
}

/// `stella notifications list`
struct NotificationsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List notifications, the newest below.",
    discussion: """
      Examples:
        stella notifications list
        stella notifications list --state failed --output json

      States: waiting, sent (the sink has said that it has it), failed (given up). What is over is kept for 7 days.
      """)

  @Option(name: .long, help: "Only waiting, sent or failed ones.") var state: String?
  @Option(name: .long, help: "The most that are listed.") var limit = 50
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let request = NotificationRequest.list(try state.map(NotificationRequest.state), limit: limit)
    try RequestVerb.run(.notifications(request), options, result)
  }
}

/// `stella notifications retry`
struct NotificationsRetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Have a notification that was given up, or that waits, tried again at once.")

  @Argument(help: "The notification's id.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.notifications(.retry(id)), options, result) }
}
