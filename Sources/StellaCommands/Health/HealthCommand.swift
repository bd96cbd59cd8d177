import ArgumentParser
import StellaModel
import StellaServer

/// `stella health`: how the system is, was, and what somebody should look after.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "See how the system is: a score with its reasons, its history, and findings.",
    subcommands: [HealthShowCommand.self, HealthAckCommand.self], defaultSubcommand: HealthShowCommand.self)
}

/// `stella health show`
struct HealthShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the score and its reasons, or with options history or findings.",
    discussion: """
      The score goes from 0 to 100: from 80 on the system is healthy, below 40 down, else degraded. How it is now only a \
      running `stella serve` can say; the exit status is 1 when it isn't healthy. History and findings are in its store.

      Examples:
        stella health
        stella health --history --since 24h --score-below 80
        stella health --findings --status open --severity high --output json
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "How it was: a sample a minute.") var history = false
  @Flag(name: .long, help: "What the analysis has found, those that hold below.") var findings = false
  @Option(name: .long, help: "Only from then on: a time, or a duration before now such as 24h.") var since: String?
  @Option(name: .long, help: "Only before then; of findings, those that were there before.") var until: String?
  @Option(
    name: .long,
    help: "Only these: healthy, degraded or down with --history; open, acknowledged or closed with --findings.")
  var status: [String] = []
  @Option(name: .long, help: "Only findings that are at least so grave.") var severity: String?
  @Option(name: .long, help: "Only where the score was below this.") var scoreBelow: Int?
  @Option(name: .long, help: "The most that are listed; the newest. Default: 1500 samples, 200 findings.")
  var limit: Int?

  func validate() throws {
    if history && findings { throw ValidationError("--history and --findings are two lists. Leave one out.") }
    let isFiltered = since != nil || until != nil || !status.isEmpty || severity != nil || scoreBelow != nil
    if !history && !findings, isFiltered || limit != nil {
      throw ValidationError("--since, --status and the like are for --history and --findings. Add one of them.")
    }
    if history && severity != nil { throw ValidationError("--severity is for --findings.") }
    if history && status.count > 1 { throw ValidationError("--history takes one --status.") }
  }

  func run() throws { try RequestVerb.run(.health(request()), options, result) }

  private func request() throws(CommandFailure) -> HealthRequest {
    if history {
      var filter = HealthRequest.HistoryFilter()
      (filter.since, filter.until, filter.scoreBelow) = (since, until, scoreBelow)
      if let status = status.first { filter.status = try word(status, "--status") }
      filter.limit = limit ?? filter.limit
      return .history(filter)
    }
    guard findings else { return .system }
    var filter = HealthRequest.FindingFilter()
    (filter.since, filter.until, filter.scoreBelow) = (since, until, scoreBelow)
    for status in status { filter.statuses.append(try word(status, "--status")) }
    if let severity { filter.severity = try word(severity, "--severity") }
    filter.limit = limit ?? filter.limit
    return .findings(filter)
  }

  private func word<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String, _ option: String
  ) throws(CommandFailure) -> Word {
    if let word = Word(rawValue: text) { return word }
    let names = Word.allCases.map(\.rawValue)
    let hint = NearestName.of(text, in: names).map { " Did you mean \($0)?" } ?? ""
    throw CommandFailure(.usage, "\(option) \(text): write one of \(names.joined(separator: ", ")).\(hint)")
  }
}

/// `stella health ack`
struct HealthAckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack", abstract: "Say that you look after a finding. The execution log records it.",
    discussion: "Example: stella health ack 4f1c09a2 --reason \"a larger disk comes on Monday\"")

  @Argument(help: "The finding's id, or its first 8 digits or more.") var id: String
  @Option(name: .long, help: "What you are doing about it.") var reason = ""
  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.health(.acknowledge(id, reason: reason)), options, result) }
}
