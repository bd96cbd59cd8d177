import Foundation
import Testing

@Suite("Fixes in an explanation, with the real program", .serialized)
struct ExplainFixesTests {
  private let scene: ServeScene
  private var directory: CommandDirectory { scene.directory }

  init() throws { scene = try ServeScene() }

  private static func line(_ service: String, _ message: String = "broken") -> String {
    "{\"ts\":1750000000,\"level\":\"error\",\"service\":\"\(service)\",\"message\":\"\(message)\"}\n"
  }

  private func fixes(_ arguments: String...) throws -> [[String: Any]] {
    let said = try scene.expect(["rules", "explain", "--rule", "service.broken", "--output", "json"] + arguments, 0)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any])
    return try #require(object["fixes"] as? [[String: Any]])
  }

  @Test("A rule's fix is told with the reason, what its `when` says, and the run that there is for the key")
  func outlook() throws {
    try directory.write("s1.jsonl", Self.line("s1"))
    try directory.write("s2.jsonl", Self.line("s2"))
    try directory.write("calm.jsonl", Self.line("s1", "fine"))
    let before = try #require(try fixes("--event", "s1.jsonl").first)
    #expect(before["fix"] as? String == "repair" && before["when"] as? String == "applies", "\(before)")
    #expect(before["run"] is NSNull && before["problem"] is NSNull)
    #expect(try fixes("--event", "calm.jsonl").isEmpty)

    _ = try scene.expect(["watch", "--no-follow", "--propose", "s1.jsonl"], 0)
    let after = try #require(try fixes("--event", "s1.jsonl").first)
    let run = try #require(after["run"] as? [String: String])
    #expect(run["state"] == "awaiting" && run["id"]?.hasPrefix("r-") == true, "\(run)")
    let other = try #require(try fixes("--event", "s2.jsonl").first)
    #expect(other["run"] is NSNull, "a run of one key is none of another: \(other)")
    let screen = try scene.expect(["rules", "explain", "--event", "s1.jsonl"], 0).output
    #expect(
      screen.contains("fixes") && screen.contains(" awaiting → stella runs show \(run["id"] ?? "")"), "\(screen)")

    let shown = try scene.expect(["approvals", "show", run["id"] ?? "", "--output", "json"], 0).output
    let plan = try #require(try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? [String: Any])
    let digest = try #require(plan["digest"] as? String)
    _ = try scene.expect(
      ["approvals", "reject", run["id"] ?? "", "--digest", digest, "--reason", "not now"], 0)
    let rejected = try #require(try fixes("--event", "s1.jsonl").first?["run"] as? [String: String])
    #expect(rejected["state"] == "rejected", "\(rejected)")
    _ = try scene.expect(
      ["alerts", "silence", "service.broken", "--key", "service=s1", "--for", "1h", "--reason", "known"], 0)
    let muted = try scene.expect(["rules", "explain", "--event", "s1.jsonl"], 0).output
    #expect(muted.contains("not asked for while it is muted"), "\(muted)")
  }

  @Test("A fix that the rule suggests and nobody has is named, with the one that is meant")
  func missing() throws {
    try directory.write("s1.jsonl", Self.line("s1"))
    try directory.write(
      "other.lua",
      """
      return rule { api = 1, id = "other.broken", title = "Broken", severity = "low", summary = "x",
        where = [[level >= error]], by = { "service" }, suggest = { "repaer" },
        threshold = { count = 2, within = "1m" } }
      """)
    let said = try scene.expect(["rules", "explain", "other.lua", "--event", "s1.jsonl"], 0).output
    #expect(said.contains("no such fix is loaded. Did you mean repair?"), "\(said)")
    try directory.write(
      "other.lua",
      try String(contentsOfFile: directory("other.lua"), encoding: .utf8)
        .replacingOccurrences(of: "repaer", with: "repair"))
    let counted = try scene.expect(["rules", "explain", "other.lua", "--event", "s1.jsonl"], 0).output
    #expect(counted.contains("suggested by the rule; asked for when the rule fires; never asked for"), "\(counted)")
  }
}
