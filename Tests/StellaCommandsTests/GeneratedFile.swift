import Foundation
import Testing

/// A file of the repository that is made from the sources.
struct GeneratedFile {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let command = "STELLA_WRITE_GENERATED=1 swift test --filter generated"

  let path: String
  let text: String

  /// Fails when the committed file is another; with a value of STELLA_WRITE_GENERATED writes it instead.
  func check(_ location: SourceLocation = #_sourceLocation) throws {
    let file = Self.root.appendingPathComponent(path)
    if ProcessInfo.processInfo.environment["STELLA_WRITE_GENERATED"]?.isEmpty == false {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      return
    }
    let committed = try? String(contentsOf: file, encoding: .utf8)
    if committed == text { return }
    let lines = zip(text.split(separator: "\n"), (committed ?? "").split(separator: "\n"))
    let difference = lines.first { $0 != $1 }.map { "\nmade:      \($0)\ncommitted: \($1)" } ?? ""
    Issue.record(
      "\(path) is not what the sources say. Make it anew with: \(Self.command)\(difference)", sourceLocation: location)
  }
}
