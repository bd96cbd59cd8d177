import ArgumentParser
import StellaEngine
import StellaImport
import StellaModel

/// Where the native rules go that are made of others, and how that is told.
struct ImportOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Where the rules are written.", valueName: "directory"), completion: .directory)
  var to: String

  @Option(
    name: .long, help: ArgumentHelp("Also write the report there, one JSON object per rule.", valueName: "file"),
    completion: .file())
  var report: String?

  @Flag(name: .long, help: "Replace files that are there.") var force = false

  @OptionGroup var result: OutputOptions

  /// The rule files of `paths`; at least one.
  func read(_ paths: [String], suffixes: [String]) throws(CommandFailure) -> ForeignRules {
    let rules = try ForeignRuleFiles.read(paths, suffixes: suffixes)
    guard !rules.files.isEmpty || !rules.unread.isEmpty else {
      throw CommandFailure(
        .usage, TextEscaping.oneLine("there are no \(suffixes[0]) files in \(paths.joined(separator: ", "))."))
    }
    return rules
  }

  /// Writes the files and the report, and tells what was made.
  ///
  /// - Parameters:
  ///   - report: one JSON object for each rule that was read.
  ///   - idle: files that nothing can be made of.
  /// - Throws: `findings` when something was refused, `conflict` when one of the files or ids is there.
  func finish(
    _ files: [ImportedRule.File], report lines: [String], idle: [(path: String, message: String)],
    _ summary: ImportSummary
  ) throws {
    let console = Console.standard
    var summary = summary
    let meaning = "files that no rule can be read from"
    summary.meanings.append(meaning)
    summary.refusals += idle.map { .init(meaning: meaning, text: $0.message) }
    let lines =
      lines
      + idle.map { path, message in
        FieldValue.object([
          .init("kind", .string("file")), .init("source", .string(path)), .init("status", .string("refused")),
          .init("reason", .string("unreadable")), .init("message", .string(message)),
        ]).json
      }
    try checkIdentities(files)
    try ForeignRuleFiles.write(files.map { ($0.path, $0.text) }, in: to, replacing: force)
    if let report {
      try ForeignRuleFiles.write(lines.map { $0 + "\n" }.joined(), to: report, replacing: true)
    }
    switch result.output {
    case .json: for line in lines { console.line(line) }
    case .table: summary.print(to: to, isQuiet: result.quiet, console)
    }
    if !summary.refusals.isEmpty { throw CommandStatus.findings }
  }

  /// Of two rules with one id only the first would be active.
  private func checkIdentities(_ files: [ImportedRule.File]) throws {
    let directory = to
    guard ForeignRuleFiles.isThere(directory) else { return }
    let taken = try EngineThread.run { RuleIdentities.files(in: directory) }
    for file in files {
      guard let other = taken[file.id], other != "\(directory)/\(file.path)" else { continue }
      throw CommandFailure(
        .conflict,
        TextEscaping.oneLine(
          "the rule \(file.id) is in \(other) already, and of two with one id only the first is active. Take that "
            + "away, or give another directory. Nothing was written."))
    }
  }
}
