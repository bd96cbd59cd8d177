import Foundation
import StellaModel
import StellaSQLite
import Testing

@Suite("The dashboard in a browser", .serialized, .enabled(if: BrowserVisit.isPossible))
struct DashboardTests {
  /// A server where ada may vote and vic may look, with two alerts and three plans that wait.
  private static func scene(admin: Bool = false) throws -> (scene: AccessScene, runs: [String]) {
    let scene = try AccessScene()
    _ = try scene.scene.alerts(["s1", "s2"])
    _ = try scene.scene.propose("repair", "s5")
    try scene.add("ada", roles: ["approver"])
    try scene.add("vic", roles: ["viewer"])
    let listed = try scene.expect(["approvals", "list", "--output", "json"]).output
    let runs = try listed.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["id"] as? String)
    }
    if admin {
      try scene.add("ida", roles: ["admin"])
      _ = try scene.token("backup", "read")
      try remember(scene)
    }
    try scene.start()
    return (scene, runs)
  }

  private static let messages = [
    "hostile": #"<img src=x onerror=alert(1)><script>alert(2)</script> \u001b[31mred \u202egpj.exe"#
  ]

  private static func line(_ word: String) -> String {
    #"{"level":"warning","service":"shop","duration_ms":12.5,"message":"\#(messages[word] ?? word)"}"# + "\n"
  }

  @Test("All panels fill, hostile text stays text, and everything is named, readable and in its place at any width")
  func shows() throws {
    let (scene, _) = try Self.scene()
    try BrowserVisit.play("shows", at: scene.url) { words in
      if words[0] == "silence" {
        return String(
          try scene.expect(["alerts", "silence", "service.broken", "--for", "1h", "--reason", "elsewhere"]).status)
      }
      if words[0] == "unsilence" { return String(try scene.expect(["alerts", "unsilence", "2"]).status) }
      if words[0] == "resolve" {
        return String(try scene.expect(["alerts", "resolve", words[1], "--reason", "gone by itself"]).status)
      }
      try scene.directory.append("app.jsonl", Self.line(words[1]))
      return ""
    }
  }

  @Test("A decision is for the plan that was read; what was typed outlives a login; who may not is told why")
  func votes() throws {
    let (scene, runs) = try Self.scene()
    func state(_ run: String) throws -> String {
      let said = try scene.expect(["runs", "show", run, "--output", "json"]).output
      let object = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any]
      return object?["state"] as? String ?? said
    }
    try BrowserVisit.play("votes", at: scene.url) { words in
      switch words[0] {
      case "runs": return "[" + runs.map { "\"\($0)\"" }.joined(separator: ",") + "]"
      case "show":
        return try scene.expect(["approvals", "show", words[1]]).output.replacing("\n", with: "\u{1f}")
      case "reject":
        let object = try JSONSerialization.jsonObject(
          with: Data(scene.expect(["runs", "show", words[1], "--output", "json"]).output.utf8))
        let digest = try #require((object as? [String: Any])?["digest"] as? String).dropFirst("sha256:".count)
        try scene.expect(["approvals", "reject", words[1], "--digest", String(digest), "--reason", "no"])
        return ""
      case "until":
        for _ in 0..<200 { if try state(words[1]) == words[2] { break } }
        return try state(words[1])
      default: return try state(words[1])
      }
    }
  }

  /// A day of health, and findings that are over.
  private static func remember(_ scene: AccessScene) throws {
    let store = try SQLiteStore(StateDirectory(path: scene.directory(".stella")))
    defer { try? store.close() }
    let now = Int64(Date().timeIntervalSince1970) * Timestamp.second
    let samples = (1..<300).map { place in
      HealthSample(
        time: now - Int64(place) * 280 * Timestamp.second, score: place > 100 && place < 140 ? 45 : 100, reasons: [],
        uptime: 5, activeUsers: 3, errorRate: 0.01, eventsPerSecond: 10, freeBytes: 1 << 40, diskBytes: 1 << 41)
    }
    let findings = [("a", Severity.critical, 30, 1), ("b", .high, 70, 3), ("c", .low, 95, 40)].map { finding in
      var found = HealthFinding(
        kind: "test.\(finding.0)", subject: finding.0, severity: finding.1, title: "Found \(finding.0)",
        detail: "measured \u{1b}[31mred", recommendation: "Look after it", at: now - Int64(finding.3) * Timestamp.day,
        score: finding.2)
      found.closedAt = found.lastSeen + Timestamp.second
      return found
    }
    try store.write(as: .command) { transaction in
      for sample in samples { try transaction.insert(sample) }
      for finding in findings { try transaction.put(finding) }
    }
  }

  @Test("An admin sees how the system was, and who may come in, and ends that; others are told why not")
  func manages() throws {
    let (scene, _) = try Self.scene(admin: true)
    try BrowserVisit.play("manages", at: scene.url) { words in
      try scene.expect([words[1], "list", "--output", "json"]).output.replacing("\n", with: "\u{1f}")
    }
  }

  @Test("Everything can be done by keys")
  func walks() throws {
    let (scene, _) = try Self.scene()
    try BrowserVisit.play("walks", at: scene.url) { _ in "" }
  }

  @Test("What a server says rarely, or late, leaves nothing on the page that isn't so")
  func answers() throws {
    let directory = try CommandDirectory()
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    try directory.write("app.jsonl", "")
    let server = try directory.stella(["serve", "app.jsonl"])
    try #require(server.until { $0.errors.contains("dashboard at") }, "\(server.errors)")
    let port = try #require(server.errors.firstMatch(of: /dashboard at http:\/\/127\.0\.0\.1:(\d+)\/\n/)).1
    try BrowserVisit.play("answers", at: "http://127.0.0.1:\(port)/") { _ in "" }
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }

  @Test("A page says since when it is stale, comes back by itself, and is read-only where nobody logs in")
  func returns() throws {
    let directory = try CommandDirectory()
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    try directory.write("app.jsonl", "")
    func serve() throws -> (StellaProcess, port: Substring) {
      let server = try directory.stella(["serve", "app.jsonl"])
      try #require(
        server.until { $0.errors.contains("dashboard at") && $0.errors.contains("watching") }, "\(server.errors)")
      return (server, try #require(server.errors.firstMatch(of: /dashboard at http:\/\/127\.0\.0\.1:(\d+)\/\n/)).1)
    }
    var (server, port) = try serve()
    try BrowserVisit.play("returns", at: "http://127.0.0.1:\(port)/") { words in
      switch words[0] {
      case "kill":
        server.send(SIGKILL)
        _ = server.status()
      case "start":
        try directory.write("stella.yaml", "server: { listen: '127.0.0.1:\(port)' }\n")
        (server, port) = try serve()
      case "alert": try directory.append("app.jsonl", #"{"level":"error","message":"m1","seq":1}"# + "\n")
      default: try directory.append("app.jsonl", Self.line(words[1]))
      }
      return ""
    }
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }
}
