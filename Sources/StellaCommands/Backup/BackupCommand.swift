import ArgumentParser
import Glibc
import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaServer

/// `stella backup`
struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the state directory, also while `stella serve` uses it.",
    discussion: """
      Examples:
        stella backup /backups/stella-2026-11-22
        stella backup /backups/stella-2026-11-22.tar

      A path that ends in .tar becomes one file, which `tar` reads, too.

      The copy is one consistent state: the store, its execution log with the key that signs it, the intake journal, and whatever \
      else is kept there, with a manifest of digests. Links in the state directory are left out, and named. It holds what logs and \
      databases held, and the key: it is for its owner alone (0700, 0600); keep it so. The digest that is printed proves the copy: \
      keep it elsewhere. That there is a backup is on the execution log.
      """)

  @Argument(help: "The directory to make, or the file when it ends in .tar.", completion: .file()) var path: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    umask(0o077)
    let configuration = try Configuration.load(options.config)
    guard access(configuration.state + "/stella.db", F_OK) == 0 else {
      throw CommandFailure(.notFound, "there is no state in \(configuration.state) yet.")
    }
    let desk = try RemediationDesk(configuration, fixes: [], hasTargets: false)
    defer { desk.close() }
    let actor = (try? desk.viewer.actor()) ?? "uid:\(getuid())"
    let backup = StateBackup(desk: desk)
    let leftOut = try backup.leftOut()
    let (manifest, digest) = try backup.write(to: path)
    _ = try desk.store.write(as: .command) { transaction in
      try transaction.append(
        LogEntry(
          .stateBackedUp, time: desk.remediation.journal.time.now(), actor: actor,
          body: [.init("manifest", .string(digest.description)), .init("size", .integer(manifest.head.size))]))
    }
    desk.seal(.standard)
    for link in leftOut {
      Console.standard.note(
        TextEscaping.oneLine(
          "\(configuration.state)/\(link) is a link: what it leads to is not in the backup. Copy that apart.",
          limit: 500))
    }
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("path", .string(path)), .init("manifest", .string(digest.description)),
          .init("time", .string(Timestamp.text(manifest.time))), .init("files", .integer(Int64(manifest.files.count))),
          .init("bytes", .integer(manifest.bytes)), .init("log", .string(manifest.log.hex)),
          .init("size", .integer(manifest.head.size)), .init("left_out", .array(leftOut.map { .string($0) })),
        ]).json)
    case .table:
      if result.quiet { return }
      Console.standard.line(
        TextEscaping.oneLine(
          "\(path): \(CountText.count(manifest.files.count, "file")), \(manifest.bytes >> 10) KiB, "
            + CountText.count(Int(manifest.head.size), "log record")))
      Console.standard.line("manifest \(digest)")
    }
  }
}
