import Foundation

/// Finds what tests read from outside of the package: the shipped rules and samples, and the shared corpora, which are not
/// part of the repository and may be missing.
enum CorpusFolder {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static var rules: String { root.appending(path: "Rules").path }

  static func sample(_ name: String) throws -> Data {
    try Data(contentsOf: root.appending(path: "Scripts/sample/\(name)"))
  }

  private static let shared: URL? = {
    let named = ProcessInfo.processInfo.environment["STELLA_SHARED"].map { URL(filePath: $0) }
    let candidates = [named, root.deletingLastPathComponent().appending(path: "shared")].compactMap { $0 }
    return candidates.first { FileManager.default.fileExists(atPath: $0.appending(path: "corpora").path) }
  }()

  /// A file of the shared corpora; nil, with one line that says so, when they are not there.
  static func corpus(_ path: String) throws -> Data? {
    guard let shared else {
      print("left out: \(path) of the shared corpora is not there (STELLA_SHARED names their folder)")
      return nil
    }
    return try Data(contentsOf: shared.appending(path: "corpora/\(path)"))
  }

  /// The different lines of a file that was packed by xz, sorted by their bytes; nil as for ``corpus(_:)``.
  static func distinctLines(_ path: String) throws -> String? {
    guard try corpus(path) != nil, let shared else { return nil }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c", "xz -dc \"$1\" | LC_ALL=C sort -u", "sh", shared.appending(path: "corpora/\(path)").path,
    ]
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0, !text.isEmpty else {
      print("left out: \(path) can't be unpacked without xz")
      return nil
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The objects of a file with one JSON object a line.
  static func objects(_ data: Data) throws -> [[String: Any]] {
    try data.split(separator: UInt8(ascii: "\n")).compactMap {
      try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
    }
  }
}
