import ArgumentParser
import StellaServer

/// `stella rules history`: what a rule has decided.
struct RulesHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show a rule's last decisions: what fired, waited, was muted or dropped, for which key, when and why.",
    discussion: """
      The last 100 decisions of each rule are kept with its state while `stella watch` follows files or `stella serve` runs; \
      what they decide shows within about a second. Times are those of events. Repetitions are one line with a count.

      fired: an alert was told · muted: a silence, maintenance or shadow mode kept it back · held: waits for `hold` · \
      dropped: ended before `hold` · suppressed: joined an alert that fires · resolved · limited: over 1,000 alerts a minute · \
      quarantined: the script was sent to rest · evicted: keys dropped for want of room · excepted: events left out

      Examples:
        stella rules history security.ssh-brute-force
        stella rules history errors.spike --key checkout --output json

      Exit status: 0, 11 when nothing is kept about such a rule.
      """)

  @Argument(help: "The rule's id.") var rule: String
  @Option(name: .long, help: ArgumentHelp("Only decisions about keys with this text in them.", valueName: "text"))
  var key: String?
  @Option(name: .long, help: "The most that are shown; the newest.") var limit = 100
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.history(rule: rule, key: key, limit: limit), options, result) }
}
