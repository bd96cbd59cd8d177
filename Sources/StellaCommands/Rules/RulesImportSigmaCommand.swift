import ArgumentParser
import StellaEngine
import StellaImport
import StellaModel

/// `stella rules import sigma`: Sigma rules, correlations and filters as native rules.
struct RulesImportSigmaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sigma", abstract: "Turn Sigma rules into native ones, and say what can't be.",
    discussion: """
      Examples:
        stella rules import sigma rules/windows --to Rules/sigma --mapping windows-evtx
        stella rules import sigma sigma/rules --to Rules/sigma --mapping own.yml --mapping stella
        stella rules import sigma rule.yml --to Rules/sigma --report report.ndjson

      A rule is converted exactly, with a note where it differs, or refused with the reason. Mappings say which events a \
      log source means and what its fields are called: \(FieldMapping.builtInNames.joined(separator: ", ")), or a file. \
      Rules, correlations and filters that refer to each other are given together.

      Exit status: 0 when all were converted, 1 when some were refused.
      """)

  @Argument(help: ArgumentHelp("Sigma files and directories.", valueName: "path"), completion: .file()) var paths:
    [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A built-in mapping or a file; of several the first that knows the log source. Default: stella.",
      valueName: "name|file"), completion: .file())
  var mapping: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("YAML with the values of placeholders: name: [value, …].", valueName: "file"),
    completion: .file())
  var placeholders: String?

  @OptionGroup var result: ImportOptions

  func run() throws {
    let converter = SigmaImport(mappings: try mappings(), placeholders: try placeholderValues())
    let read = try result.read(paths, suffixes: [".yml", ".yaml"])
    let rules = try EngineThread.run { converter.run(read.files) }
    let refusals = rules.compactMap(\.refusal)
    let converted = rules.filter(\.isConverted)
    try result.finish(
      rules.flatMap(\.files), report: rules.map { $0.json(in: result.to) },
      idle: read.idle(sources: rules.map(\.metadata.file)),
      ImportSummary(
        meanings: SigmaReason.allCases.map(\.meaning),
        refusals: refusals.map { .init(meaning: $0.reason.meaning, text: "\($0)") },
        notes: converted.map { ($0.metadata.title, $0.notes) },
        absorbed: rules.count - converted.count - refusals.count))
  }

  private func mappings() throws -> [FieldMapping] {
    try (mapping.isEmpty ? ["stella"] : mapping).map { name in
      if let known = FieldMapping.builtIn(name) { return known }
      if !ForeignRuleFiles.isThere(name) {
        throw CommandFailure(
          .usage,
          TextEscaping.oneLine(
            "there is no mapping \(name). Built in are \(FieldMapping.builtInNames.joined(separator: ", ")); else give a file."
          ))
      }
      do {
        return try FieldMapping(yaml: try ForeignRuleFiles.text(name), file: name)
      } catch let refusal as SigmaRefusal {
        throw CommandFailure(.usage, TextEscaping.block(refusal.description))
      }
    }
  }

  private func placeholderValues() throws -> [String: [String]] {
    guard let placeholders else { return [:] }
    do {
      let document = try SigmaValue.documents(try ForeignRuleFiles.text(placeholders), file: placeholders).first
      return Dictionary(
        (document?.members ?? []).map { ($0.key, $0.value.texts) }, uniquingKeysWith: { _, last in last })
    } catch let refusal as SigmaRefusal {
      throw CommandFailure(.usage, TextEscaping.block(refusal.description))
    }
  }
}

extension ImportedRule {
  /// One object for machines.
  fileprivate func json(in directory: String) -> String {
    var members: [FieldValue.Member] = [
      .init("kind", .string(kind.rawValue)), .init("source", .string(metadata.file)),
      .init("line", .integer(Int64(metadata.line))), .init("id", id.map(FieldValue.string) ?? .null),
      .init("title", .string(metadata.title)),
    ]
    switch outcome {
    case .converted(let files):
      members += [
        .init("status", .string("converted")),
        .init("files", .array(files.map { .string("\(directory)/\($0.path)") })),
      ]
    case .absorbed(let by):
      members += [.init("status", .string("part")), .init("part_of", .array(by.map(FieldValue.string)))]
    case .refused(let refusal):
      members += [
        .init("status", .string("refused")), .init("reason", .string(refusal.reason.rawValue)),
        .init("at_line", .integer(Int64(refusal.line))), .init("message", .string(refusal.message)),
        .init("remedy", .string(refusal.remedy)),
      ]
    }
    members.append(.init("notes", .array(notes.map(FieldValue.string))))
    return FieldValue.object(members).json
  }
}
