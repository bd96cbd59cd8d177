import Foundation
import Testing

@Suite("How the system is", .serialized)
struct ServeHealthTests {
  private static func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// Asks again until there is an answer that fits; each question is a process of its own.
  private static func until(
    _ scene: ServeScene, _ arguments: [String], _ fits: ([[String: Any]]) -> Bool
  ) throws -> [[String: Any]] {
    var said = ServeScene.Said(status: -1, output: "", errors: "")
    for _ in 0..<200 {
      said = try scene.stella(arguments)
      let objects = try Self.objects(said.output)
      if fits(objects) { return objects }
    }
    Issue.record("\(arguments): \(said)")
    return []
  }

  @Test("A server says how it is and why, keeps it, and finds what somebody should look after")
  func health() throws {
    let scene = try ServeScene()
    try scene.directory.write("Rules/refused.lua", "return rule { api = 1, id = \"x\" }\n")
    try scene.directory.write(
      "Rules/lasting.lua",
      """
      return rule { api = 1, id = "service.lasting", title = "Lasting", severity = "critical", by = { "service" },
        where = [[message == "lasting"]], threshold = { count = 1, within = "12h" } }

      """)
    try scene.start()
    try scene.directory.append(
      "app.jsonl",
      (1...60).map {
        "{\"ts\":1750000000,\"level\":\"\($0 <= 30 ? "error" : "info")\",\"user_id\":\"u\($0 % 7)\",\"service\":\"s\",\"message\":\"\($0 == 1 ? "lasting" : "well")\"}\n"
      }.joined())
    let now = try Self.until(scene, ["health", "--output", "json"]) { objects in
      let reasons = objects.first?["reasons"] as? [[String: Any]] ?? []
      // All lines are read.
      return objects.first?["active_users"] as? Int == 7 && objects.first?["error_rate"] as? Double == 0.5
        && Set(reasons.compactMap { $0["code"] as? String }).isSuperset(of: ["alerts.critical", "errors.rate"])
    }
    let object = try #require(now.first)
    #expect(object["active_users"] as? Int == 7 && object["error_rate"] as? Double == 0.5)
    let reasons = try #require(object["reasons"] as? [[String: Any]])
    let lost = reasons.reduce(0) { $0 + ($1["points"] as? Int ?? 0) }
    #expect(object["score"] as? Int == 100 - lost && lost >= 60)
    #expect(reasons.allSatisfy { $0["since"] is String && $0["severity"] is String && $0["text"] is String })
    // Not healthy: the exit status says so.
    let screen = try scene.stella(["health"])
    #expect(screen.status == 1 && screen.output.hasPrefix("Health    "), "\(screen)")
    #expect(screen.output.contains("-30  1 critical alert fires"))

    _ = try Self.until(scene, ["health", "--history", "--output", "json"]) { $0.first?["score"] is Int }
    let none = try scene.expect(["health", "--history", "--until", "1h"], 0)
    #expect(none.output.hasPrefix("No sample fits"))
    let findings = try Self.until(scene, ["health", "--findings", "--severity", "high", "--output", "json"]) {
      $0.contains { $0["kind"] as? String == "rules.refused" }
    }
    let finding = try #require(findings.first { $0["kind"] as? String == "rules.refused" })
    let id = try #require(finding["id"] as? String)
    #expect(finding["status"] as? String == "open" && finding["severity"] as? String == "high")

    let before = try scene.expect(["health", "--findings", "--until", "1h", "--output", "json"], 0)
    #expect(!before.output.contains(id), "\(before)")
    let said = try scene.expect(["health", "ack", String(id.prefix(8)), "--reason", "tomorrow"], 0)
    #expect(said.output == "Acknowledged \(id) as user:mara.\n")
    let listed = try scene.expect(["health", "--findings", "--status", "acknowledged"], 0).output
    #expect(listed.contains(id) && listed.contains("\"tomorrow\""))
    #expect(try scene.stella(["health", "ack", "ffffffffffffffff"]).status == 11)
    let log = try scene.expect(["log", "show", "--output", "json"], 0).output
    #expect(log.contains("health.finding_acknowledged") && log.contains(id))
    #expect(scene.stop() == 0)
    // The store tells the same without a server, but not how it is now.
    #expect(try scene.expect(["health", "--findings", "--status", "acknowledged"], 0).output == listed)
    let alone = try scene.stella(["health"])
    #expect(alone.status == 11 && alone.errors.contains("stella serve"), "\(alone)")
  }

  @Test(
    "What makes no sense is refused with what there is",
    arguments: [
      ["--history", "--findings"], ["--since", "1h"], ["--history", "--status", "heathy"],
      ["--findings", "--severity", "hi"], ["--history", "--since", "yesterday"], ["--findings", "--limit", "0"],
    ])
  func usage(arguments: [String]) throws {
    let scene = try ServeScene()
    let said = try scene.stella(["health"] + arguments)
    #expect(said.status == 3 && !said.errors.isEmpty, "\(said)")
  }
}
