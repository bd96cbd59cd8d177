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

      Without a key the one of this state directory is trusted. A bundle is checked with the public key alone, on any machine. \
      Exit status 7 when something doesn't fit.
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .long, help: "A bundle that `log export` wrote, instead of the store.", completion: .file())
  var bundle: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A public key to trust, 64 hexadecimal digits, or a file with such keys; may be given several times."))
  var key: [String] = []

  func run() throws {
    let trusted = try key.flatMap { try LogVerifyCommand.publicKeys($0) }
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
      [FileAnchor(path: directory.logCheckpoints)] + AnchorAssembly.anchors(configuration)
    let reports = try AnchorAssembly.reports(anchors, store)
    let now = SystemTime().now()
    var verification = try store.readLog { try LogVerifier.verify($0, trusted: keys, anchors: reports) }
    verification.checkedAt = now
    LogVerifiedNote.keep(verification, at: now, in: directory)
    return verification
  }

  private func verify(bundle path: String, _ trusted: [LogPublicKey]) throws -> LogVerification {
    guard !trusted.isEmpty else {
      throw CommandFailure(
        .usage, "a bundle proves nothing without a key that you trust. Name it with --key; whoever exported it has it.")
    }
    return try LogBundleFile.verify(path, trusted: trusted).0
  }

  /// One key as it is given, or all that a file holds, as `stella log key --all` prints them.
  private static func publicKeys(_ given: String) throws -> [LogPublicKey] {
    if let key = LogPublicKey(text: given) { return [key] }
    if let file = fopen(given, "rb") {
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 64 << 10)
      let count = fread(&bytes, 1, bytes.count, file)
      let text = String(decoding: bytes.prefix(count), as: UTF8.self)
      let words = text.split(whereSeparator: \.isWhitespace)
      let keys = words.compactMap { LogPublicKey(text: $0) }
      if !keys.isEmpty, keys.count == words.count { return keys }
    }
    throw CommandFailure(
      .usage,
      "\(given) is neither a public key of 64 hexadecimal digits nor a file with such keys. `stella log key` prints it."
    )
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
      .init("anchors", .array(verification.anchors.map { anchor(verification, $0) })),
      .init("exported", verification.export.map { .integer($0.to) } ?? .null),
      .init("runs", .integer(verification.runs)), .init("intents", .integer(verification.intents)),
      .init("open", .integer(Int64(verification.openItems.count))),
      .init("fault_count", .integer(Int64(verification.faultCount))),
      .init("faults", .array(verification.faults.map { .string($0.text) })),
    ])
  }

  private static func anchor(_ verification: LogVerification, _ anchor: LogVerification.Anchor) -> FieldValue {
    let finding =
      switch anchor.finding {
      case .consistent: "consistent"
      case .unreachable: "not_asked"
      case .empty: "empty"
      case .former: "former"
      case .pruned: "pruned"
      case .ahead: "ahead"
      case .contradicts: "contradicts"
      }
    let lag = verification.lag(of: anchor)
    return .object([
      .init("name", .string(anchor.name)), .init("finding", .string(finding)),
      .init("size", anchor.checkpoint.map { .integer($0.size) } ?? .null),
      .init("behind_records", lag.map { .integer($0.records) } ?? .integer(0)),
      .init("behind_ms", lag.map { .integer($0.age / 1_000_000) } ?? .integer(0)),
    ])
  }
}
