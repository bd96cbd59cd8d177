import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella log checkpoint`: signs the log as it is now.
struct LogCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Sign the log as it is now, and publish that to its anchors.")

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options, hasTargets: false)
    defer { desk.close() }
    let sealing = try desk.sealer.seal(desk.store, as: .command, time: desk.remediation.journal.time.now())
    switch result.output {
    case .json: Console.standard.line(FieldValue.object([.init("checkpoint", .string(sealing.checkpoint.text))]).json)
    case .table: Console.standard.line(sealing.checkpoint.text)
    }
    AnchorNotes.print(sealing, .standard)
    if !sealing.failures.isEmpty { throw CommandStatus.failure }
  }
}
