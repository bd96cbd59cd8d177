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

  @Test("A parameter that the alert doesn't have, and a `when` that fails, are told on lines of their own")
  func faults() throws {
    try directory.write("s1.jsonl", Self.line("s1"))
    func fix(_ id: String, _ keys: String) -> String {
      "return fix { api = 1, id = \"\(id)\", title = \"M\", handles = { \"service.broken\" }, targets = { \"app-db\" }, "
        + "\(keys), plan = function(ctx, p) return {} end }\n"
    }
    try directory.write("Fixes/zone.lua", fix("zone", "params = { zone = \"string\" }"))
    try directory.write("Fixes/count.lua", fix("count", "params = { service = \"integer\" }"))
    try directory.write("Fixes/torn.lua", fix("torn", "when = function(alert) return alert.nothing.here end"))
    let found = try fixes("--event", "s1.jsonl")
    let problems = Dictionary(uniqueKeysWithValues: found.map { ($0["fix"] as? String, $0["problem"] as? String) })
    #expect(problems["zone"]??.contains("the parameter zone has no value") == true, "\(problems)")
    #expect(problems["count"]??.contains("wants its type integer") == true, "\(problems)")
    #expect(problems["repair"] == .some(nil), "\(problems)")
    let screen = try scene.expect(["rules", "explain", "--event", "s1.jsonl"], 0).output
    #expect(screen.contains("it can't be asked for: the parameter zone has no value."), "\(screen)")
    #expect(screen.contains("its `when` failed: ") && !screen.contains(#"\n"#), "\(screen)")
    let article = try scene.expect(["fixes", "plan", "count", "--param", "service=x"], 3)
    #expect(article.errors.contains("service is an integer."), "\(article)")
  }

  @Test("A run that a person asked for with the parameters of the alert counts, and one that is late says so")
  func asked() throws {
    try directory.write("s1.jsonl", Self.line("s1"))
    try directory.write("s2.jsonl", Self.line("s2"))
    let run = try scene.propose("repair", "s1")
    let found = try #require(try fixes("--event", "s1.jsonl").first?["run"] as? [String: String])
    #expect(found["id"] == run.id && found["state"] == "awaiting", "\(found)")
    #expect(try fixes("--event", "s2.jsonl").first?["run"] is NSNull)
    let screen = try scene.expect(["rules", "explain", "--event", "s1.jsonl"], 0).output
    #expect(screen.contains(" by user:mara awaiting → stella runs show \(run.id)"), "\(screen)")
  }

  @Test("A fix is not asked for with an alert that is over, and that is said")
  func over() throws {
    let later = "{\"ts\":1750001800,\"level\":\"info\",\"service\":\"s1\",\"message\":\"fine\"}\n"
    try directory.write("old.jsonl", Self.line("s1") + later)
    _ = try scene.expect(["watch", "--no-follow", "--from", "checkpoint", "old.jsonl"], 0)
    let listed = try scene.expect(["alerts", "list", "--all", "--output", "json"], 0).output
    #expect(listed.contains("\"resolved\""), "\(listed)")
    let said = try scene.expect(["rules", "explain", "--event", "old.jsonl", "--line", "1"], 0).output
    #expect(said.contains("handles the rule service.broken; applies; not asked for: the alert is over"), "\(said)")
  }
}
