import ArgumentParser
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella log rotate-key`: another key signs from now on.
struct LogRotateKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-key", abstract: "Make another key that signs the log from now on, named by the present one.",
    discussion: """
      The present key signs that the new one follows it, and both are on record; whoever trusts the old public key can go on with \
      it. When the present key is lost, or others have had it, this is no remedy: begin another log with `stella log reseal`. \
      A process that ends halfway leaves no harm: the next one ends what was begun. Needs the role admin.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options, hasTargets: false)
    defer { desk.close() }
    let actor = try desk.viewer.admin("rotate the log's key")
    // What the old key can still answer for, it answers for.
    desk.seal(.standard)
    let file = LogKeyFile(desk.directory)
    guard let next = LogSigningKey(seed: try file.nextSeed()) else {
      throw CommandFailure(.failure, "no key could be made")
    }
    let time = desk.remediation.journal.time.now()
    let sealer = try desk.sealer.rotate(desk.store, to: next, as: .command, time: time, actor: actor)
    try file.promoteNext()
    let sealing = try sealer.seal(desk.store, as: .command, time: time)
    AnchorNotes.print(sealing, .standard)
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("key", .string(sealer.publicKey.text)), .init("old", .string(desk.sealer.publicKey.text)),
          .init("from", .integer(sealing.checkpoint.size)),
        ]).json)
    case .table:
      Console.standard.line("The log is signed with another key from #\(sealing.checkpoint.size) on:")
      Console.standard.line(sealer.publicKey.text)
    }
  }
}
