import Foundation

/// The Sigma part of the shared corpora, which is no part of the repository and may be missing.
struct SigmaCorpus {
  /// Paths below the root of the rules, and their texts, in order.
  var rules: [(path: String, text: String)] = []
  /// Rule → events that it must match.
  var regression: [(rule: String, events: [String])] = []
  var events: [String] = []
  /// Rule → positions among `events` that another engine reports.
  var hits: [String: Set<Int>] = [:]

  /// Nil, with one line that says so, when the corpora are not there or can't be unpacked.
  static func load() throws -> SigmaCorpus? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["STELLA_SHARED"].map { URL(filePath: $0) }
    let candidates = [named, root.deletingLastPathComponent().appending(path: "shared")].compactMap { $0 }
    let folders = candidates.map { $0.appending(path: "corpora/sigma") }
    guard let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      print("left out: corpora/sigma is not there (STELLA_SHARED names the folder of the corpora)")
      return nil
    }
    let place = FileManager.default.temporaryDirectory.appending(
      path: "stella-sigma-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    guard try run("tar -xJf \"$1\" -C \"$2\"", folder.appending(path: "rules.tar.xz").path, place.path) != nil else {
      print("left out: corpora/sigma can't be unpacked without tar and xz")
      return nil
    }
    var corpus = SigmaCorpus()
    let names = FileManager.default.enumerator(atPath: place.path)?.compactMap { $0 as? String } ?? []
    for name in names.sorted() where name.hasSuffix(".yml") && name.hasPrefix("rules") {
      corpus.rules.append((name, try String(contentsOf: place.appending(path: name), encoding: .utf8)))
    }
    func lines(_ name: String) throws -> [Data] {
      try run("xz -dc \"$1\"", folder.appending(path: name).path, "")?.split(separator: 10).map { Data($0) } ?? []
    }
    func object(_ line: Data) throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
    }
    for line in try lines("regression.jsonl.xz") {
      let entry = try object(line)
      let events = try (entry["events"] as? [Any] ?? []).map {
        String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self)
      }
      corpus.regression.append((entry["rule_id"] as? String ?? "", events))
    }
    var position: [Int: Int] = [:]
    for (index, line) in try lines("events.jsonl.xz").enumerated() {
      position[try object(line)["_n"] as? Int ?? index + 1] = index
      corpus.events.append(String(decoding: line, as: UTF8.self))
    }
    for line in try lines("zircolite_hits.jsonl.xz") {
      let entry = try object(line)
      let numbers = entry["n"] as? [Int] ?? []
      corpus.hits[entry["id"] as? String ?? ""] = Set(numbers.compactMap { position[$0] })
    }
    return corpus
  }

  private static func run(_ script: String, _ first: String, _ second: String) throws -> Data? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script, "sh", first, second]
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? data : nil
  }
}
