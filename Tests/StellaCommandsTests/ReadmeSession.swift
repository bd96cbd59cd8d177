import Foundation
import Testing

/// The commands of one section of the README, typed one block after the other in one place, with what they print.
///
/// In the output that the README shows, a line `…` stands for any lines. Ids, digests and times are others each time: where the
/// README has one, the output has one of the same form, and later commands use that.
final class ReadmeSession {
  private let root: String
  private var directory: String
  /// What this run has in the place of what the README has.
  private var actual: [String: String] = [:]

  /// - Parameter root: a directory that the first command finds itself in.
  init(root: String) {
    self.root = root
    directory = root
  }

  /// Runs a block of the README in a shell that ends with the first command that fails; what it prints, without errors.
  func run(_ script: String) throws -> (status: Int32, output: String, errors: String) {
    var script = script
    for (shown, real) in actual { script = script.replacing(shown, with: real) }
    let program = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path })
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-e", "-c", script + "\npwd > \"$STELLA_README_PLACE\""]
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let place = root + "/.place"
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = program + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["STELLA_README_PLACE"] = place
    process.environment = environment
    let (out, errors) = (root + "/.out", root + "/.errors")
    for file in [out, errors] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    process.waitUntilExit()
    if let text = try? String(contentsOfFile: place, encoding: .utf8) {
      directory = text.trimmingCharacters(in: .newlines)
    }
    return (
      process.terminationStatus, try String(contentsOfFile: out, encoding: .utf8),
      try String(contentsOfFile: errors, encoding: .utf8)
    )
  }

  /// Goes through the blocks of a page as a reader would: runs commands, writes files, and compares what the page shows with
  /// what was printed.
  ///
  /// - Returns: how many outputs were compared.
  func follow(_ blocks: [MarkdownPage.Block]) throws -> Int {
    var printed = ""
    var compared = 0
    for block in blocks {
      if block.isFile {
        let file = URL(fileURLWithPath: directory).appendingPathComponent(block.name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(block.text.utf8).write(to: file)
      } else if block.language == "sh" {
        let run = try run(block.text)
        printed = run.output
        try #require(run.status == block.status, "\(block.text)\(run.output)\(run.errors)")
      } else {
        let missing = missing(block.text, in: printed)
        try #require(missing == nil, "\(missing ?? "") isn't in\n\(printed)")
        compared += 1
      }
    }
    return compared
  }

  /// The first line that the README shows and the output lacks; nil when all are there.
  func missing(_ shown: String, in output: String) -> String? {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    var maySkip = false
    for line in shown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line == "…" {
        maySkip = true
        continue
      }
      let form = ReadmeSession.form(line)
      guard let place = maySkip ? lines.firstIndex(where: { ReadmeSession.form($0) == form }) : lines.startIndex,
        place < lines.endIndex, ReadmeSession.form(lines[place]) == form
      else { return line }
      note(line, lines[place])
      lines = lines[(place + 1)...]
      maySkip = false
    }
    return nil
  }

  private func note(_ shown: String, _ real: String) {
    for (shown, real) in zip(shown.matches(of: ReadmeSession.name), real.matches(of: ReadmeSession.name)) {
      actual[String(shown.0)] = String(real.0)
    }
  }

  /// Ids of runs, and digests as they are typed.
  private static var name: Regex<Substring> { #/r-[0-9a-f]{8}\b|\b[0-9a-f]{12}\b/# }

  /// The line with what differs each time as a word.
  private static func form(_ line: String) -> String {
    line.replacing(name, with: "ID").replacing(#/@ [0-9a-f]{8}/#, with: "@ SOURCE")
      .replacing(#/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\dZ/#, with: "TIME").replacing(#/in \d+ (h|min)/#, with: "in TIME")
  }
}
