import ArgumentParser
import Glibc
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella log export`: the log as one file that proves itself elsewhere.
struct LogExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the log as one file that verifies offline with the public key alone.",
    discussion: "Example: stella log export incident.stellalog")

  @Argument(help: "The file to write; it must not be there yet.", completion: .file()) var file: String
  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    desk.seal(.standard)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0, let stream = fdopen(descriptor, "wb") else {
      throw CommandFailure(.usage, "\(file): \(String(cString: strerror(errno))). Name a file that isn't there yet.")
    }
    let anchors = desk.configuration.log.anchors.map { LogAnchorReport(asking: FileAnchor(path: $0)) }
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
    let key = desk.sealer.publicKey.text
    switch result.output {
    case .json:
      Console.standard.line(FieldValue.object([.init("file", .string(file)), .init("key", .string(key))]).json)
    case .table:
      Console.standard.line(TextEscaping.oneLine("Written to \(file). Check it anywhere with:"))
      Console.standard.line(TextEscaping.oneLine("  stella log verify --bundle \(file) --key \(key)"))
    }
  }
}
