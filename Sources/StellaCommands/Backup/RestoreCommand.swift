import ArgumentParser
import Glibc
import StellaConfiguration
import StellaModel
import StellaSQLite

/// `stella restore`
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup in the place of the state directory.",
    discussion: """
      Examples:
        stella restore /backups/stella-2026-11-22
        stella restore /backups/stella-2026-11-22.tar
        stella restore /backups/stella-2026-11-22 --manifest sha256:3fa2… --force

      All digests and the execution log's chain are checked first. The state that is there stays beside it, as \
      STATE.before-TIME. Whoever uses the state has to be stopped; a state with more on its execution log than the backup is \
      replaced with --force alone. Afterwards all effects are stopped until `stella freeze clear`, and runs that need a look are \
      named. That there was a restore is on the execution log.

      Exit status: 0 done, 4 the state is in use or newer, 7 the backup is not what it was.
      """)

  @Argument(help: "What `stella backup` has made.", completion: .file()) var path: String
  @Option(name: .long, help: "The digest that `stella backup` printed; another manifest is refused then.")
  var manifest: String?
  @Flag(name: .long, help: "Also over a state that is newer, of another log, or can't be read.") var force = false
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    umask(0o077)
    let configuration = try Configuration.load(options.config)
    let viewer = Viewer(try ApprovalRules(configuration).people)
    let actor = (try? viewer.actor()) ?? "uid:\(getuid())"
    let outcome: StateRestore.Outcome
    do {
      outcome = try StateRestore(configuration, actor: actor).restore(from: path, digest: manifest, isForced: force)
    } catch let error as StoreError where error.code == .locked {
      throw CommandFailure(.conflict, error.description)
    }
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("state", .string(configuration.state)), .init("former", outcome.former.map { .string($0) } ?? .null),
          .init("taken", .string(Timestamp.text(outcome.manifest.time))), .init("log", .string(outcome.log.hex)),
          .init("size", .integer(outcome.head.size)), .init("notes", .array(outcome.notes.map { .string($0) })),
        ]).json)
    case .table:
      Console.standard.line(
        TextEscaping.oneLine(
          "\(configuration.state) is as it was at \(Timestamp.text(outcome.manifest.time)), with "
            + CountText.count(Int(outcome.head.size), "log record")))
      if let former = outcome.former { Console.standard.line(TextEscaping.oneLine("The former state is in \(former)")) }
      for note in outcome.notes { Console.standard.line(TextEscaping.oneLine("note: " + note, limit: 500)) }
      Console.standard.line("All effects are stopped. When all is well: stella freeze clear")
    }
  }
}
