import ArgumentParser
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
  func read(_ paths: [String], suffixes: [String]) throws(CommandFailure) -> [(path: String, text: String)] {
    let files = try ForeignRuleFiles.read(paths, suffixes: suffixes)
    guard !files.isEmpty else {
      throw CommandFailure(
        .usage, TextEscaping.oneLine("there are no \(suffixes[0]) files in \(paths.joined(separator: ", "))."))
    }
    return files
  }

  /// Writes the files and the report, and tells what was made.
  ///
  /// - Parameter report: one JSON object for each rule that was read.
  /// - Throws: `findings` when something was refused.
  func finish(_ files: [(path: String, text: String)], report lines: [String], _ summary: ImportSummary) throws {
    let console = Console.standard
    try ForeignRuleFiles.write(files, in: to, replacing: force)
    if let report {
      try ForeignRuleFiles.write(lines.map { $0 + "\n" }.joined(), to: report, replacing: true)
    }
    switch result.output {
    case .json: for line in lines { console.line(line) }
    case .table: summary.print(to: to, isQuiet: result.quiet, console)
    }
    if !summary.refusals.isEmpty { throw CommandStatus.findings }
  }
}
