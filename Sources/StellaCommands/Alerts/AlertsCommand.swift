import ArgumentParser
import StellaModel
import StellaServer

/// `stella alerts`: what fired, and what people said about it.
struct AlertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alerts", abstract: "See alerts; acknowledge, resolve and silence them.",
    subcommands: [
      AlertsListCommand.self, AlertsShowCommand.self, AlertsAckCommand.self, AlertsResolveCommand.self,
      AlertsSilenceCommand.self, AlertsUnsilenceCommand.self, AlertsMutesCommand.self,
    ], defaultSubcommand: AlertsListCommand.self)
}

/// `stella alerts list`
struct AlertsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List alerts that fire, those that changed last below.",
    discussion: """
      Examples:
        stella alerts list
        stella alerts list --all --rule security.ssh-brute-force --output json

      Silences that hold stand below; as JSON they have the kind `silence`.

      Alerts are kept while `stella watch` follows files or proposes fixes, and by `stella serve`.
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Also resolved ones.") var all = false
  @Option(name: .long, help: "Only alerts of this rule.") var rule: String?
  @Option(name: .long, help: "The most that are listed.") var limit = 100

  func run() throws {
    var filter = OperatorRequest.AlertFilter()
    filter.isWhole = all
    filter.rule = rule
    filter.limit = limit
    try RequestVerb.run(.alerts(filter), options, result)
  }
}

/// `stella alerts show`
struct AlertsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one alert: the evidence, what people said, why it was muted, and its fixes.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.alert(id), options, result) }
}

/// `stella alerts ack`
struct AlertsAckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ack", abstract: "Say that you look after an alert.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @Option(name: .long, help: "What you are doing about it.") var reason = ""
  @OptionGroup var options: RequestOptions

  func run() throws { try RequestVerb.run(.acknowledge(id, reason: reason), options, .table) }
}

/// `stella alerts resolve`
struct AlertsResolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Say that an alert is over, whatever its rule says.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @Option(name: .long, help: "How it ended.") var reason: String
  @OptionGroup var options: RequestOptions

  func run() throws { try RequestVerb.run(.resolve(id, reason: reason), options, .table) }
}

/// `stella alerts silence`
struct AlertsSilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence", abstract: "Mute the alerts of a rule, or of one key of it, for a while.",
    discussion: """
      Examples:
        stella alerts silence security.ssh-brute-force --key src_ip=192.0.2.7 --for 2h --reason "our own scanner"
        stella alerts silence capacity.disk-filling --for 1d --reason "new disks arrive tomorrow"

      Muted alerts are kept and counted; they are neither printed nor acted on. Who sets a silence has an entry of `users:` in \
      stella.yaml.
      """)

  @Argument(help: "The rule's id.") var rule: String
  @Option(
    name: .long,
    help: ArgumentHelp("Only alerts with this in their key; may be given several times.", valueName: "name=value"))
  var key: [String] = []
  @Option(name: .customLong("for"), help: "For how long, such as 30m, 2h or 1d; 30 days at most.") var duration: String
  @Option(name: .long, help: "Why; everybody who asks sees it.") var reason: String
  @OptionGroup var options: RequestOptions

  func run() throws {
    var parts: [OperatorRequest.KeyPart] = []
    for text in key {
      guard let equals = text.firstIndex(of: "=") else {
        throw CommandFailure(.usage, "--key \(text): write name=value.")
      }
      let part = OperatorRequest.KeyPart(String(text[..<equals]), String(text[text.index(after: equals)...]))
      if parts.contains(where: { $0.name == part.name }) {
        throw CommandFailure(.usage, "--key \(text): \(part.name) is given twice.")
      }
      parts.append(part)
    }
    parts.sort { $0.name < $1.name }
    try RequestVerb.run(.silence(rule: rule, key: parts, length: duration, reason: reason), options, .table)
  }
}

/// `stella alerts unsilence`
struct AlertsUnsilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "unsilence", abstract: "End a silence.")

  @Argument(help: "The silence's number, as alerts list shows it.") var number: Int64
  @OptionGroup var options: RequestOptions

  func run() throws { try RequestVerb.run(.unsilence(number), options, .table) }
}

/// `stella alerts mutes`
struct AlertsMutesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutes",
    abstract: "List what keeps alerts from being told: silences, maintenance, shadow mode; and exceptions of rules.")

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.mutes, options, result) }
}
