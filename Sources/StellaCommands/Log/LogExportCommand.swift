import ArgumentParser
import Glibc
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella log export`: the log as one file that proves itself elsewhere.
struct LogExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the log as one file that verifies offline with the public key alone.",
    discussion: """
      Example: stella log export incident.stellalog

      The file is read back and verified, and the log records that it was written, with its SHA-256: what no such record covers \
      is never pruned.
      """)

  @Argument(help: "The file to write; it must not be there yet.", completion: .file()) var file: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options, hasTargets: false)
    defer { desk.close() }
    desk.seal(.standard)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, let stream = fdopen(descriptor, "wb") else {
      throw CommandFailure(.usage, "\(file): \(String(cString: strerror(errno))). Name a file that isn't there yet.")
    }
    let anchors = try AnchorAssembly.reports(AnchorAssembly.anchors(desk.configuration), desk.store)
    var failure: Int32 = 0
    do {
      try desk.store.readLog { source in
        try LogBundleWriter.write(source, anchors: anchors) { bytes in
          if fwrite(bytes, 1, bytes.count, stream) != bytes.count { failure = errno }
        }
      }
    } catch {
      fclose(stream)
      unlink(file)
      throw error
    }
    if fflush(stream) != 0 || fsync(descriptor) != 0 { failure = errno }
    fclose(stream)
    guard failure == 0 else {
      unlink(file)
      throw CommandFailure(.failure, "\(file): \(String(cString: strerror(failure))). Nothing was written.")
    }
    let export = try record(desk)
    let key = desk.sealer.publicKey.text
    switch result.output {
    case .json:
      Console.standard.line(
        FieldValue.object([
          .init("file", .string(file)), .init("key", .string(key)), .init("from", .integer(export.from)),
          .init("to", .integer(export.to)), .init("digest", .string(export.digest.description)),
        ]).json)
    case .table:
      Console.standard.line(
        TextEscaping.oneLine(
          "Written #\(export.from)–#\(export.to) to \(file), \(export.digest). Check it anywhere with:"))
      Console.standard.line(TextEscaping.oneLine("  stella log verify --bundle \(file) --key \(key)"))
    }
  }

  /// Reads back what was written, and puts on record that it is a whole bundle of this log.
  private func record(_ desk: RemediationDesk) throws -> LogExport {
    let (bundle, digest) = try LogBundleFile.verify(file, trusted: [desk.sealer.publicKey])
    guard bundle.verdict != .failed else {
      throw CommandFailure(
        .integrity,
        "\(file) was written and does not verify: \(bundle.faults.first?.text ?? ""). See `stella log verify`.")
    }
    let name = file.split(separator: "/").last.map(String.init) ?? file
    let person = desk.viewer.person.map { "user:\($0.name)" } ?? "uid:\(desk.viewer.uid ?? .max)"
    let export = try LogExport.record(
      bundle, digest: digest, file: name, in: desk.store, as: .command, time: desk.remediation.journal.time.now(),
      actor: person)
    desk.seal(.standard)
    return export
  }
}
