import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella log prune`: takes the oldest part of the log out of the store.
struct LogPruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove the oldest records, which are signed, anchored and exported.",
    discussion: """
      Examples:
        stella log export 2026.stellalog && stella log prune
        stella log prune --before 90d --dry-run

      Only what a signed checkpoint covers, an anchor outside of the store has seen, and an export on record holds is removed, \
      and nothing with an effect whose outcome is unknown. The log is verified first. What was removed is on record, with the \
      hash of the last record and the digest of the export; `log verify` says where the log begins now. Keep the exports:
      Stella doesn't look after them. Needs the role admin.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(
    name: .long,
    help: "How old, such as 90d, or from when records are kept, such as 2026-01-31; default: `retention: log`.")
  var before: String?
  @Flag(name: .long, help: "Only say what would be removed.") var dryRun = false

  func run() throws {
    let desk = try RemediationDesk(options, hasTargets: false)
    defer { desk.close() }
    let actor = dryRun ? "" : try desk.viewer.admin("prune the log")
    let now = desk.remediation.journal.time.now()
    let time =
      try before.map { try PruneTime.read($0, now: now) }
      ?? now - Int64(desk.configuration.retention.log / .nanoseconds(1))
    if !dryRun { desk.seal(.standard) }
    let pruner = LogPruner(
      store: desk.store, trusted: [desk.sealer.publicKey], anchors: AnchorAssembly.anchors(desk.configuration))
    let survey = try pruner.survey(before: time)
    let reach = survey.reach
    if let size = reach.size, !dryRun {
      try survey.pruning.prune(desk.store, to: size, as: .command, time: now, actor: actor)
      desk.seal(.standard)
    }
    report(reach, before: time)
    if reach.size == nil, let obstacle = reach.obstacle {
      throw CommandFailure(.failure, "nothing can be pruned yet: \(obstacle).")
    }
  }

  private func report(_ reach: LogPruning.Reach, before time: Int64) {
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("before", .string(Timestamp.text(time))), .init("from", .integer(reach.floor + 1)),
          .init("to", reach.size.map { .integer($0) } ?? .null), .init("pruned", .bool(reach.size != nil && !dryRun)),
          .init("obstacle", reach.obstacle.map { .string($0) } ?? .null),
        ]).json)
    case .table:
      if let size = reach.size {
        let verb = dryRun ? "Would remove" : "Removed"
        Console.standard.line("\(verb) #\(reach.floor + 1)–#\(size), signed before \(Timestamp.text(time)).")
        if let obstacle = reach.obstacle { Console.standard.note("More is as old, and stays: \(obstacle).") }
      } else if reach.obstacle == nil {
        Console.standard.line("Nothing was signed before \(Timestamp.text(time)).")
      }
    }
  }
}

/// From when on records are kept.
enum PruneTime {
  /// - Parameter text: a duration before `now`, a day as `2026-01-31` or a time as RFC 3339, both in UTC.
  static func read(_ text: String, now: Int64) throws(CommandFailure) -> Int64 {
    if let duration = DurationText.nanoseconds(text) { return now - duration }
    if let time = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z") {
      guard time <= now else { throw CommandFailure(.usage, "--before \(text) is in the future.") }
      return time
    }
    throw CommandFailure(
      .usage, "--before \(TextEscaping.oneLine(text)) is neither a duration such as 90d nor a day such as 2026-01-31.")
  }
}
