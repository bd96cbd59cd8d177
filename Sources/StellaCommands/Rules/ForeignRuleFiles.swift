import FoundationEssentials
import Glibc
import StellaModel

/// Files with rules of another system.
struct ForeignRules {
  var files: [(path: String, text: String)] = []
  /// Those that can't be read, and why.
  var unread: [(path: String, message: String)] = []

  /// What nothing can be made of: what can't be read, and those of `files` that none of `sources` came from.
  func idle(sources: [String]) -> [(path: String, message: String)] {
    let sources = Set(sources)
    return unread + files.map(\.path).filter { !sources.contains($0) }.map { ($0, "\($0) has no rule.") }
  }
}

/// Reads rule files of other systems, and writes what was made of them.
enum ForeignRuleFiles {
  private static let sizeLimit = 4 << 20

  /// Every file with one of `suffixes` under `paths`, in the order of `paths`, then by path. A path may be a file.
  ///
  /// - Returns: paths relative to the one among `paths` that they were found under, so that the folders below stay; and those
  ///   that can't be read, beside which the others can.
  /// - Throws: when a path is not there.
  static func read(_ paths: [String], suffixes: [String]) throws(CommandFailure) -> ForeignRules {
    var found = ForeignRules()
    func add(_ name: String, _ whole: String) {
      do throws(CommandFailure) { found.files.append((name, try text(whole))) } catch {
        found.unread.append((name, error.message))
      }
    }
    for path in paths {
      guard isThere(path) else { throw LogFile.unreadable(path, ENOENT) }
      guard isDirectory(path) else {
        add(path.split(separator: "/").last.map(String.init) ?? path, path)
        continue
      }
      guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
        throw CommandFailure(.usage, TextEscaping.oneLine("\(path) can't be listed."))
      }
      for name in names.sorted() where suffixes.contains(where: name.hasSuffix) {
        let whole = path.hasSuffix("/") ? path + name : path + "/" + name
        if !isDirectory(whole) { add(name, whole) }
      }
    }
    return found
  }

  /// The text of one file.
  static func text(_ path: String) throws(CommandFailure) -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path) can't be read. Check the path."))
    }
    guard data.count <= sizeLimit else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path) is larger than any rule: \(data.count) bytes."))
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CommandFailure(.usage, TextEscaping.oneLine("\(path) is no UTF-8 text."))
    }
    return text
  }

  /// Writes a file and the folders it is in; one that is there is replaced only when told so.
  static func write(_ text: String, to path: String, replacing: Bool) throws(CommandFailure) {
    if !replacing, FileManager.default.fileExists(atPath: path) {
      throw CommandFailure(
        .conflict, TextEscaping.oneLine("\(path) is there already. Give another directory, or --force to replace it."))
    }
    try NewFile.makeDirectories(of: path)
    try WrittenFile.write(Array(text.utf8), to: path)
  }

  static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }
}
