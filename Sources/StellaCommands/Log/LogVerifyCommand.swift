import ArgumentParser
import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// `stella log verify`: what the log proves, and up to where.
struct LogVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the execution log, and say what is covered and what isn't.",
    discussion: """
      Examples:
        stella log verify
        stella log verify --bundle incident.stellalog --key 3fa2…

      Without a key the one of this state directory is trusted. A bundle is checked with the public key alone, on any machine.
      Exit status 7 when something doesn't fit.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .long, help: "A bundle that `log export` wrote, instead of the store.", completion: .file())
  var bundle: String?
  @Option(
    name: .long,
    help: ArgumentHelp("A public key to trust, 64 hexadecimal digits or a file with them; may be given several times."))
  var key: [String] = []

  func run() throws {
    let trusted = try key.map { try LogVerifyCommand.publicKey($0) }
    let verification = try bundle.map { try verify(bundle: $0, trusted) } ?? verifyStore(trusted)
    switch result.output {
    case .json: Console.standard.line(LogVerifyCommand.object(verification).json)
    case .table: Console.standard.write(verification.text)
    }
    if verification.verdict == .failed { throw CommandStatus.integrity }
  }

  private func verifyStore(_ trusted: [LogPublicKey]) throws -> LogVerification {
    let configuration = try Configuration.load(options.config)
    let directory = try StateDirectory(path: configuration.state)
    let store = try SQLiteStore(directory)
    defer { try? store.close() }
    var keys = trusted
    if keys.isEmpty, let own = LogSigningKey(seed: try LogKeyFile(directory).seed()) { keys = [own.publicKey] }
    let anchors: [any LogAnchor] =
      [FileAnchor(path: directory.logCheckpoints)] + configuration.log.anchors.map { FileAnchor(path: $0) }
    let reports = anchors.map { LogAnchorReport(asking: $0) }
    return try store.readLog { try LogVerifier.verify($0, trusted: keys, anchors: reports) }
  }

  private func verify(bundle path: String, _ trusted: [LogPublicKey]) throws -> LogVerification {
    guard !trusted.isEmpty else {
      throw CommandFailure(
        .usage, "a bundle proves nothing without a key that you trust. Name it with --key; whoever exported it has it.")
    }
    guard let file = fopen(path, "rb") else {
      throw CommandFailure(errno == ENOENT ? .notFound : .usage, "\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    let reader = try LogBundleReader { count in
      var bytes = [UInt8](repeating: 0, count: count)
      let got = fread(&bytes, 1, count, file)
      return Array(bytes.prefix(got))
    }
    return try LogVerifier.verify(reader, trusted: trusted, anchors: reader.anchors)
  }

  private static func publicKey(_ given: String) throws -> LogPublicKey {
    if let key = LogPublicKey(text: given) { return key }
    if let file = fopen(given, "rb") {
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 100)
      let text = String(decoding: bytes.prefix(fread(&bytes, 1, 100, file)), as: UTF8.self)
      if let key = LogPublicKey(text: text.split(whereSeparator: \.isWhitespace).first ?? "") { return key }
    }
    throw CommandFailure(
      .usage,
      "\(given) is neither a public key of 64 hexadecimal digits nor a file with one. `stella log export` prints it.")
  }

  private static func object(_ verification: LogVerification) -> FieldValue {
    .object([
      .init("verdict", .string(verification.verdict.rawValue)),
      .init("log", verification.log.map { .string($0.hex) } ?? .null),
      .init("first", .integer(verification.first)), .init("size", .integer(verification.head.size)),
      .init("root", .string(verification.head.root.hex)), .init("records", .integer(verification.records)),
      .init("gaps", .integer(verification.gaps)), .init("checkpoints", .integer(verification.checkpoints)),
      .init("signed", verification.signed.map { .integer($0) } ?? .null),
      .init("anchored", verification.anchored.map { .integer($0.number) } ?? .null),
      .init("runs", .integer(verification.runs)), .init("intents", .integer(verification.intents)),
      .init("open", .integer(Int64(verification.openItems.count))),
      .init("fault_count", .integer(Int64(verification.faultCount))),
      .init("faults", .array(verification.faults.map { .string($0.text) })),
    ])
  }
}
