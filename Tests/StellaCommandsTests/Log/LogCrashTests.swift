import Foundation
import StellaModel
import Testing

@testable import StellaCommands

/// A verb of the log killed in each call that changes a file of the state directory or the anchor, writes also in half.
@Suite("Verbs of the log killed anywhere", .timeLimit(.minutes(10)))
struct LogCrashTests {
  private static let kept = [".stella", "anchor"]

  private let scene: LogScene
  private let crash: CrashPoints

  init() throws {
    scene = try LogScene()
    crash = try CrashPoints(in: scene.directory, counting: scene.directory.path)
  }

  private func copy(from: String, to: String) throws {
    let files = FileManager.default
    for name in Self.kept {
      try? files.removeItem(atPath: scene.directory(to + name))
      try files.copyItem(atPath: scene.directory(from + name), toPath: scene.directory(to + name))
    }
  }

  /// Kills `verb` at the points and calls `check` after each, on what is left.
  ///
  /// - Parameter stride: of so many points one is taken, unless `STELLA_EVERY_CRASH_POINT` is set.
  private func kill(_ verb: [String], stride: Int, file: String? = nil, _ check: (Comment) throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: scene.directory("kept"), withIntermediateDirectories: true)
    try copy(from: "", to: "kept/")
    func run(_ environment: [String: String]) throws -> Int32 {
      try copy(from: "kept/", to: "")
      if let file { try? FileManager.default.removeItem(atPath: scene.directory(file)) }
      return try scene.directory.stella(verb, environment: environment).status()
    }
    #expect(try run(crash.environment(at: 0, trace: scene.directory("trace"))) == 0)
    let calls = Array(try String(contentsOfFile: scene.directory("trace"), encoding: .utf8))
    #expect(calls.contains("w") && calls.contains("s"))
    let step = ProcessInfo.processInfo.environment["STELLA_EVERY_CRASH_POINT"] == nil ? stride : 1
    var killed = 0
    for call in Swift.stride(from: 1, through: calls.count, by: step) {
      for manner in [CrashPoints.Manner.kill, .torn] where manner == .kill || calls[call - 1] == "w" {
        let status = try run(crash.environment(manner, at: call))
        if status == 128 + SIGKILL { killed += 1 }
        try check("\(verb) \(manner) at \(call) of \(calls.count)")
      }
    }
    print("\(verb): \(killed) kills in \(calls.count) calls")
    #expect(killed > 5)
  }

  private func check(_ comment: Comment) throws -> [String: Any] {
    let answer = try scene.stella("log", "verify", "--output", "json")
    #expect(answer.status == 0, "\(comment): \(answer.output)\(answer.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any], comment)
  }

  @Test(
    "Pruning removes all of its part with the record of that, or nothing; the log verifies, and the next pruning ends it"
  )
  func prune() throws {
    try scene.age(500, 450, 0)
    try scene.expect("log", "export", "a.stellalog")
    try kill(["log", "prune"], stride: 3) { comment in
      let found = try check(comment)
      let first = found["first"] as? Int
      let size = found["size"] as? Int ?? 0
      #expect(first == 1 || first == 6, comment)
      #expect(found["records"] as? Int == size - (first ?? 0) + 1, comment)
      #expect(try scene.stella("log", "prune").status == 0, comment)
      #expect(try check(comment)["first"] as? Int == 6, comment)
    }
  }

  @Test("A rotation is ended by whoever comes next, or wasn't begun; one key is in force, and the first still vouches")
  func rotate() throws {
    try scene.age(1)
    let first = try scene.expect("log", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
    try kill(["log", "rotate-key"], stride: 4, file: "a.stellalog") { comment in
      _ = try check(comment)
      let keys = try scene.stella("log", "key", "--all").output.split(separator: "\n").map(String.init)
      #expect(keys.first == first && (1...2).contains(keys.count), comment)
      #expect(try scene.stella("freeze", "set", "--reason", "x").errors.isEmpty, comment)
      let found = try check(comment)
      #expect(found["signed"] as? Int == found["size"] as? Int, comment)
      #expect(try scene.stella("log", "export", "a.stellalog").status == 0, comment)
      let bundle = try scene.stella("log", "verify", "--bundle", "a.stellalog", "--key", first)
      #expect(bundle.status == 0, "\(comment): \(bundle.output)\(bundle.errors)")
    }
  }

  @Test("A checkpoint that was signed is published later, the same; none of that size is ever signed twice")
  func checkpoint() throws {
    try scene.age(1)
    try scene.appendUnsigned()
    try kill(["log", "checkpoint"], stride: 1) { comment in
      _ = try check(comment)
      #expect(try scene.stella("log", "checkpoint").status == 0, comment)
      let found = try check(comment)
      #expect(found["anchored"] as? Int == found["size"] as? Int, comment)
      var seen: [Int64: LogCheckpoint] = [:]
      for name in ["anchor", ".stella/log.checkpoints"] {
        for line in try String(contentsOfFile: scene.directory(name), encoding: .utf8).split(separator: "\n") {
          guard let checkpoint = LogCheckpoint(text: String(line)) else { continue }
          #expect(seen[checkpoint.size] == nil || seen[checkpoint.size] == checkpoint, comment)
          seen[checkpoint.size] = checkpoint
        }
      }
    }
  }

  @Test("An export that was not ended is not on record, and a record of one is of a whole file")
  func export() throws {
    try scene.age(500, 0)
    let key = try scene.expect("log", "key").output.trimmingCharacters(in: .whitespacesAndNewlines)
    try kill(["log", "export", "a.stellalog"], stride: 2, file: "a.stellalog") { comment in
      guard try !(check(comment)["exported"] is NSNull) else {
        #expect(try scene.stella("log", "prune").status == CommandStatus.failure.rawValue, comment)
        return
      }
      #expect(
        try scene.stella("log", "verify", "--bundle", "a.stellalog", "--key", key).status == 0, comment)
    }
  }
}
