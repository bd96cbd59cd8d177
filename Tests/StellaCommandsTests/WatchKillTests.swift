import Foundation
import Testing

/// Processes that are really killed, at any instant, and started again.
@Suite("A killed watch", .serialized)
struct WatchKillTests {
  private static let rules = [
    "sliding": "by = { \"k\" }, threshold = { count = 4, within = \"15s\" }, evidence = 2, suppress_for = \"20s\"",
    "first": "by = { \"k\" }, threshold = { count = 5, within = \"30s\", window = \"from_first\" }",
    "distinct": "by = { \"v\" }, threshold = { count = 5, within = \"30s\", distinct = \"k\" }, hold = \"2s\"",
    "held": "by = { \"k\" }, threshold = { count = 2, within = \"20s\" }, hold = \"9s\", keep_firing = \"4s\"",
    "windows":
      """
    by = { "k" }, state = { n = window.count("20s"), q = window.quantile("20s"), last = ring(2) },
    on = function(e, s) s.n:add(e) s.q:add(e.v) s.last:push(e) end, every = "3s", suppress_for = "0s",
    check = function(s)
      if s.n:count() > 6 then return alert { value = s.q:q(0.5), evidence = s.last } end
    end
    """,
    "plain":
      """
    by = { "v" }, suppress_for = "3s", on = function(e, s)
      s.total = (s.total or 0) + 1
      s.seen = s.seen or {}
      s.seen[#s.seen + 1] = e.k
      if s.total % 9 == 0 then
        local text = table.concat(s.seen, ",")
        s.seen = nil
        return alert { value = s.total, summary = text }
      end
    end
    """,
  ]

  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("stella-kill-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: directory.appendingPathComponent("Rules"), withIntermediateDirectories: true)
    for (name, body) in WatchKillTests.rules {
      let text =
        "return rule { api = 1, id = \"\(name)\", title = \"\(name)\", severity = \"low\", where = \"true\", \(body) }"
      try Data(text.utf8).write(to: directory.appendingPathComponent("Rules/\(name).lua"))
    }
    try Data("limits: { checkpoint: 5ms }\n".utf8).write(to: directory.appendingPathComponent("stella.yaml"))
  }

  private static func lines(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    var now = 1_750_000_000.0
    var text = ""
    for _ in 0..<count {
      now += random.below(400) == 0 ? 90 : Double(random.below(1000)) / 1000
      let late = random.below(10) == 0 ? Double(random.below(4000)) / 1000 : 0
      text += String(format: "{\"ts\":%.3f,\"k\":\"k%d\",\"v\":%d}\n", now - late, random.below(30), random.below(12))
    }
    return Array(text.utf8)
  }

  private func start(_ arguments: [String], output: String) throws -> Process {
    let process = Process()
    let program = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    process.executableURL = program.appendingPathComponent("stella")
    process.arguments = ["watch", "--quiet", "--output", "json", "--rules", "Rules"] + arguments
    process.currentDirectoryURL = directory
    let path = directory.appendingPathComponent(output)
    _ = FileManager.default.createFile(atPath: path.path, contents: nil)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: path)
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// The whole lines that a process has printed; one that a kill has cut is none.
  private func printed(_ output: String) throws -> [String] {
    let text = String(decoding: try Data(contentsOf: directory.appendingPathComponent(output)), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  @Test("Two hundred kills at any instant lose no alert, print none otherwise and none that is not there")
  func kills() throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    let seed: UInt64 = 2026
    print("seed \(seed)")
    var random = SplitMix64(state: seed)
    let log = WatchKillTests.lines(6000, &random)
    let file = directory.appendingPathComponent("app.jsonl")
    let kills = 200
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let handle = try FileHandle(forWritingTo: file)
    // From here on the position is known.
    let first = try start(["--no-follow", "--from", "checkpoint", "app.jsonl"], output: "out")
    first.waitUntilExit()
    var all: Set<String> = []
    var written = 0
    var killed = 0
    for number in 0..<kills {
      let process = try start(["--from", "checkpoint", "app.jsonl"], output: "out")
      // Bytes come while it runs, in pieces that end anywhere.
      let target = number == kills - 1 ? log.count : min(log.count, (number + 1) * log.count / kills)
      while written < target {
        let count = min(target - written, 1 + random.below(600))
        try handle.write(contentsOf: Data(log[written..<written + count]))
        written += count
        usleep(UInt32(random.below(3000)))
      }
      usleep(UInt32(random.below(number % 4 == 0 ? 200_000 : 40_000)))
      if process.isRunning { killed += 1 }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      all.formUnion(try printed("out"))
    }
    #expect(killed == kills, "it ended by itself")
    let last = try start(["--no-follow", "--from", "checkpoint", "app.jsonl"], output: "out")
    last.waitUntilExit()
    #expect(last.terminationStatus == 0)
    all.formUnion(try printed("out"))
    try FileManager.default.removeItem(at: directory.appendingPathComponent(".stella"))
    let whole = try start(["--no-follow", "app.jsonl"], output: "whole")
    whole.waitUntilExit()
    let expected = try printed("whole")
    #expect(expected.count > 500)
    #expect(Set(expected).subtracting(all) == [], "lost")
    #expect(all.subtracting(expected) == [], "told otherwise")
  }
}
