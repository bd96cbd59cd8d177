import ArgumentParser
import StellaDetection
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella alerts`: what fired, and what people said about it.
struct AlertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alerts", abstract: "See alerts; acknowledge, resolve and silence them.",
    subcommands: [
      AlertsListCommand.self, AlertsShowCommand.self, AlertsAckCommand.self, AlertsResolveCommand.self,
      AlertsSilenceCommand.self, AlertsUnsilenceCommand.self,
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

      Alerts are kept while `stella watch` follows with targets in stella.yaml, or with --propose.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "Also resolved ones.") var all = false
  @Option(name: .long, help: "Only alerts of this rule.") var rule: String?
  @Option(name: .long, help: "The most that are listed.") var limit = 100

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    var query = AlertQuery()
    query.rule = rule
    query.limit = limit
    if !all { query.statuses = [.pending, .firing] }
    let now = desk.remediation.journal.time.now()
    let (alerts, silences) = try desk.store.readRuns { (try $0.alerts(query), try $0.silences()) }
    let console = Console.standard
    switch result.output {
    case .json: for alert in alerts { console.line(StoredAlertJSON.text(alert)) }
    case .table:
      guard !alerts.isEmpty else {
        console.line(all ? "No alerts." : "No alert fires. See those that are over with --all.")
        return
      }
      let time = ScreenTime(now: now)
      var table = TextTable([
        .init("ID"), .init("SEVERITY"), .init("RULE", isFlexible: true), .init("KEY", isFlexible: true), .init("COUNT"),
        .init("LAST SEEN", isFlexible: true), .init("STATE"),
      ])
      for alert in alerts {
        table.add([
          String(alert.id.prefix(12)), alert.severity.rawValue, ScreenText.name(alert.rule),
          TextEscaping.oneLine(alert.key, limit: 60), String(alert.count), time.clock(alert.lastSeen),
          StoredAlertText.state(alert),
        ])
      }
      console.write(table.text(for: console.output))
      let active = silences.filter { $0.until > now }
      for silence in active { console.line(StoredAlertText.silence(silence, time)) }
    }
  }
}

/// `stella alerts show`
struct AlertsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one alert: the evidence, what people said, why it was muted, and its fixes.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let id = id
    let (alert, runs, silences) = try desk.store.readRuns { transaction -> (StoredAlert, [Run], [Silence]) in
      let alert = try AlertChange.found(id, transaction)
      var query = RunQuery()
      query.alert = alert.id
      return (alert, try transaction.runs(query), try transaction.silences())
    }
    let console = Console.standard
    switch result.output {
    case .json: console.line(StoredAlertJSON.text(alert))
    case .table:
      let time = ScreenTime(now: desk.remediation.journal.time.now())
      console.write(StoredAlertText.screen(alert, time, console.output))
      if let number = alert.mutedBy, let silence = silences.first(where: { $0.number == number }) {
        console.line("Muted     by " + StoredAlertText.silence(silence, time))
      }
      for run in runs {
        console.line(
          "Run       \(run.id)  \(ScreenText.name(run.fix))  \(run.state.shown)  → stella runs show \(run.id)")
      }
    }
  }
}

/// `stella alerts ack`
struct AlertsAckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ack", abstract: "Say that you look after an alert.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @Option(name: .long, help: "What you are doing about it.") var reason = ""
  @OptionGroup var options: RemediationOptions

  func run() throws {
    try AlertChange.run(id, reason, options) { transaction, alert, remark in
      try transaction.acknowledge(alert.id, remark)
      return "Acknowledged \(String(alert.id.prefix(12))) as \(remark.by)."
    }
  }
}

/// `stella alerts resolve`
struct AlertsResolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Say that an alert is over, whatever its rule says.")

  @Argument(help: "The alert's id, or its first 8 digits or more.") var id: String
  @Option(name: .long, help: "How it ended.") var reason: String
  @OptionGroup var options: RemediationOptions

  func run() throws {
    try AlertChange.run(id, reason, options) { transaction, alert, remark in
      var over = alert
      over.status = .resolved
      over.updatedAt = remark.time
      try transaction.put(over)
      try transaction.resolve(alert.id, remark)
      return "Resolved \(String(alert.id.prefix(12))). It fires again when its rule does."
    }
  }
}

/// `stella alerts silence`
struct AlertsSilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence", abstract: "Mute the alerts of a rule, or of one key of it, for a while.",
    discussion: """
      Examples:
        stella alerts silence security.ssh-brute-force --key ip=192.0.2.7 --for 2h --reason "our own scanner"
        stella alerts silence capacity.disk-filling --for 1d --reason "new disks arrive tomorrow"

      Muted alerts are kept and counted; they are neither printed nor acted on.
      """)

  @Argument(help: "The rule's id.") var rule: String
  @Option(
    name: .long,
    help: ArgumentHelp("Only alerts with this in their key; may be given several times.", valueName: "name=value"))
  var key: [String] = []
  @Option(name: .customLong("for"), help: "For how long, such as 30m, 2h or 1d; 30 days at most.") var duration: String
  @Option(name: .long, help: "Why; everybody who asks sees it.") var reason: String
  @OptionGroup var options: RemediationOptions

  private static let limit: Int64 = 30 * 86_400 * 1_000_000_000

  func run() throws {
    guard let length = DurationText.nanoseconds(duration), length > 0, length <= Self.limit else {
      throw CommandFailure(.usage, "--for \(duration): write a duration up to 30d, such as 30m, 2h or 1d.")
    }
    let members = try key.map { text in
      guard let equals = text.firstIndex(of: "=") else {
        throw CommandFailure(.usage, "--key \(text): write name=value.")
      }
      return FieldValue.Member(
        String(text[..<equals]), .string(String(text[text.index(after: equals)...])))
    }
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let voter = try desk.viewer.voter()
    let now = desk.remediation.journal.time.now()
    let silence = Silence(
      rule: rule, key: members, until: now + length,
      set: StoredAlert.Remark(by: "user:\(voter)", time: now, reason: reason))
    let number = try desk.store.write(as: .command) { try $0.insert(silence) }
    Console.standard.line(
      "Silence \(number) holds until \(ScreenTime(now: now).clock(silence.until)). End it: stella alerts unsilence \(number)"
    )
  }
}

/// `stella alerts unsilence`
struct AlertsUnsilenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "unsilence", abstract: "End a silence.")

  @Argument(help: "The silence's number, as alerts list shows it.") var number: Int
  @OptionGroup var options: RemediationOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    _ = try desk.viewer.voter()
    let (number, now) = (Int64(number), desk.remediation.journal.time.now())
    guard try desk.store.write(as: .command, { try $0.endSilence(number, at: now) }) else {
      throw CommandFailure(.notFound, "no silence \(number) holds. stella alerts list shows those that do.")
    }
    Console.standard.line("Silence \(number) is over.")
  }
}

enum AlertChange {
  static func found(_ id: String, _ transaction: SQLiteTransaction) throws -> StoredAlert {
    if let alert = try transaction.alert(id) { return alert }
    let candidates = id.utf8.count >= 8 ? try transaction.alerts(withPrefix: id) : []
    guard candidates.count == 1 else {
      throw CommandFailure(
        .notFound,
        candidates.isEmpty
          ? "there is no alert \(TextEscaping.oneLine(id)). stella alerts list --all shows those that there are."
          : "several alerts begin with \(TextEscaping.oneLine(id)). Give more digits.")
    }
    return candidates[0]
  }

  static func run(
    _ id: String, _ reason: String, _ options: RemediationOptions,
    _ body: (SQLiteTransaction, StoredAlert, StoredAlert.Remark) throws -> String
  ) throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let remark = StoredAlert.Remark(
      by: "user:\(try desk.viewer.voter())", time: desk.remediation.journal.time.now(), reason: reason)
    let answer = try desk.store.write(as: .command) { transaction in
      try body(transaction, try found(id, transaction), remark)
    }
    Console.standard.line(TextEscaping.oneLine(answer))
  }
}
