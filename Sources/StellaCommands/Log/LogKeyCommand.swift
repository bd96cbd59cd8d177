import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella log key`: what the log is checked with.
struct LogKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Print the public key that the log is signed with, for those who check it.",
    discussion: """
      Examples:
        stella log key > stella.pub
        stella log verify --bundle incident.stellalog --key stella.pub

      Give it to auditors over another way than the log. Each key vouches for those after it: with the first one everything \
      can be checked, with a later one what was signed since.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Flag(name: .long, help: "All keys that the log has had, oldest first.") var all = false

  func run() throws {
    let desk = try RemediationDesk(options, hasTargets: false)
    defer { desk.close() }
    guard let outline = try desk.store.readRuns({ try $0.outline() }) else { throw CommandStatus.notFound }
    let ring = LogKeyRing(outline, trusted: [desk.sealer.publicKey])
    if let fault = ring.faults.first {
      throw CommandFailure(.integrity, "the keys of the log don't follow one another: \(fault.text).")
    }
    for (place, entry) in ring.keys.enumerated() where all || place == ring.keys.count - 1 {
      switch result.output {
      case .json:
        Console.standard.line(
          FieldValue.object([
            .init("key", .string(entry.key.text)), .init("id", .string(entry.key.id.hex)),
            .init("from", .integer(entry.from)), .init("in_force", .bool(place == ring.keys.count - 1)),
          ]).json)
      case .table: Console.standard.line(entry.key.text)
      }
    }
  }
}
