import Foundation
import Testing

@Suite("Muting with the real program", .serialized)
struct MutingTests {
  private let scene: ServeScene
  private var directory: CommandDirectory { scene.directory }

  init() throws { scene = try ServeScene() }

  private static let future = "2099-01-01"

  /// Adds to the configuration of the scene, whose rule `service.broken` has the fix `repair`.
  private func configure(_ text: String) throws {
    let whole = try String(contentsOfFile: directory("stella.yaml"), encoding: .utf8)
    let base = whole.components(separatedBy: "exceptions:")[0].components(separatedBy: "shadow:")[0]
      .components(separatedBy: "maintenance:")[0]
    try directory.write("stella.yaml", base + text)
  }

  private static func line(_ service: String, _ second: Int) -> String {
    "{\"ts\":\(1_750_000_000 + second),\"level\":\"error\",\"service\":\"\(service)\",\"message\":\"broken\"}\n"
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  private func shown(_ service: String) throws -> (id: String, object: [String: Any], screen: String) {
    let listed = try objects(scene.expect(["alerts", "list", "--all", "--output", "json"], 0).output)
    let alert = try #require(listed.first { ($0["key"] as? [String: Any])?["service"] as? String == service })
    let id = try #require(alert["id"] as? String)
    let object = try #require(try objects(scene.expect(["alerts", "show", id, "--output", "json"], 0).output).first)
    return (id, object, try scene.expect(["alerts", "show", id], 0).output)
  }

  @Test(
    "A shadow rule is shown and marked everywhere, and its alerts reach no fix; a maintenance window prints nothing")
  func shadow() throws {
    try configure(
      """
      shadow: [{ rules: [service.broken], author: mara, reason: being tuned, until: 2025-06-15T15:07:00Z }]
      maintenance:
        - name: rack-move
          key: { service: s3 }
          once: [{ starts: 2025-06-15T17:00:00, ends: 2025-06-15T18:00:00, tz: "+02:00" }]
          author: ivo
          reason: racks move

      """)
    // 2025-06-15 15:06:40 UTC: shadow ends 20 s later.
    try directory.write(
      "old.jsonl", Self.line("s1", 0) + Self.line("s3", 10) + Self.line("s2", 30))
    let watched = try scene.expect(["watch", "--no-follow", "--propose", "old.jsonl"], 0)
    #expect(watched.output.contains("[shadow] Broken"), "\(watched.output)")
    #expect(watched.output.contains("nobody is told: shadow mode until 2025-06-15 15:07:00Z"), "\(watched.output)")
    #expect(!watched.output.contains("s3") && watched.errors.contains("1 alert muted"), "\(watched)")
    let runs = try objects(scene.expect(["runs", "list", "--output", "json"], 0).output)
    #expect(runs.count == 1 && (runs.first?["alert"] as? String) != nil, "\(runs)")
    let one = try shown("s1")
    let mute = try #require(one.object["muted"] as? [String: String])
    #expect(
      mute == [
        "cause": "shadow", "by": "mara", "reason": "being tuned", "until": "2025-06-15T15:07:00.000000000Z",
      ])
    #expect((one.object["suggestions"] as? [Any])?.isEmpty == true)
    #expect(one.screen.contains("Muted     shadow mode until ") && one.screen.contains("set by mara: being tuned"))
    let three = try shown("s3")
    #expect((three.object["muted"] as? [String: String])?["name"] == "rack-move")
    #expect(three.screen.contains("Muted     maintenance rack-move until "), "\(three.screen)")
    #expect(try shown("s2").object["muted"] == nil)
    #expect(runs.first?["alert"] as? String == (try shown("s2").id))
    let listed = try scene.expect(["alerts", "list", "--all"], 0).output
    #expect(listed.contains("shadow") && listed.contains("muted"), "\(listed)")
    let replay = try scene.expect(["rules", "replay", "--output", "json", "old.jsonl"], 1)
    let causes = try objects(replay.output).map { ($0["muted"] as? [String: String])?["cause"] }
    #expect(causes == ["shadow", "maintenance", nil])
  }

  @Test("An exception takes events away, explain says whose it is, and one that has expired is told and takes none")
  func exception() throws {
    func exceptions(_ expires: String) -> String {
      """
      exceptions:
        - rules: [service.broken]
          key: { service: s1 }
          author: mara
          reason: known to flap
          expires: \(expires)

      """
    }
    try configure(exceptions(Self.future))
    try directory.write("old.jsonl", Self.line("s1", 0) + Self.line("s2", 1) + Self.line("s1", 2))
    let watched = try scene.expect(["watch", "--no-follow", "--output", "json", "old.jsonl"], 0)
    #expect(watched.output.contains("\"s2\"") && !watched.output.contains("\"s1\""))
    #expect(watched.errors.contains("service.broken: 2 events left out by the exception of mara"), "\(watched.errors)")
    let said = try scene.expect(["rules", "explain", "--event", "old.jsonl"], 0).output
    #expect(said.contains("excepted") && said.contains("an exception of mara excludes this event until 2099-01-01"))
    let object = try #require(
      try objects(scene.expect(["rules", "explain", "--event", "old.jsonl", "--output", "json"], 0).output).first)
    let exception = try #require(object["exception"] as? [String: Any])
    #expect(exception["author"] as? String == "mara" && exception["events"] as? Int == 1)
    #expect(try scene.expect(["rules", "lint", "--quiet"], 0).output.contains("expired") == false)

    try configure(exceptions("2025-06-01"))
    #expect(try scene.expect(["rules", "replay", "--quiet", "old.jsonl"], 1).output.contains("high"))
    let lint = try scene.stella(["rules", "lint", "--strict"])
    #expect(lint.status == 1 && lint.output.contains("exception of mara") && lint.output.contains("has expired"))
    #expect(try scene.expect(["doctor", "--quiet"], 1).output.contains("has expired at 2025-06-01"))

    try configure(exceptions(Self.future).replacingOccurrences(of: "service: s1", with: "servise: s1"))
    let refused = try scene.stella(["watch", "--no-follow", "old.jsonl"])
    #expect(refused.status == 3 && refused.errors.contains("Did you mean service?"), "\(refused)")
    #expect(try scene.stella(["rules", "lint"]).status == 2)
    try configure(exceptions(Self.future).replacingOccurrences(of: "service.broken", with: "service.brokn"))
    let unknown = try scene.stella(["watch", "--no-follow", "old.jsonl"])
    #expect(unknown.status == 3 && unknown.errors.contains("exceptions names the rule service.brokn"), "\(unknown)")
  }

  @Test(
    "A watch that only follows keeps its alerts, with why some were muted, and honours silences; nothing is proposed")
  func following() throws {
    try configure(
      """
      maintenance:
        - name: rack-move
          key: { service: s3 }
          once: [{ starts: 2025-06-15T17:00:00, ends: 2025-06-15T18:00:00, tz: "+02:00" }]
          author: ivo
          reason: racks move

      """)
    let run = try directory.stella(["watch", "--no-propose", "--output", "json", "app.jsonl"])
    #expect(run.until { $0.errors.contains("watching ") }, "\(run.errors)")
    try scene.expect(
      ["alerts", "silence", "service.broken", "--key", "service=s5", "--for", "2h", "--reason", "known"], 0)
    try directory.append("app.jsonl", Self.line("s3", 0) + Self.line("s4", 1))
    #expect(run.until { $0.output.contains("\"s4\"") }, "\(run.errors)")
    func listed() throws -> [[String: Any]] {
      try objects(scene.expect(["alerts", "list", "--all", "--output", "json"], 0).output)
    }
    func until(_ condition: () throws -> Bool) rethrows -> Bool {
      let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
      while ProcessInfo.processInfo.systemUptime < end { if try condition() { return true } }
      return false
    }
    func service(_ alert: [String: Any]) -> String? { (alert["key"] as? [String: Any])?["service"] as? String }
    #expect(try until { try listed().contains { service($0) == "s4" } })
    let kept = try shown("s3")
    #expect((kept.object["muted"] as? [String: String])?["name"] == "rack-move" && !run.output.contains("s3"))
    #expect(try scene.expect(["alerts", "ack", try shown("s4").id], 0).output.contains("Acknowledged"))
    // Silences are looked at once a second: some of these may come before that.
    var second = 100
    #expect(
      try until {
        try directory.append("app.jsonl", Self.line("s5", second))
        second += 100
        let muted = try listed().filter { ($0["muted"] as? [String: String])?["cause"] == "silence" }
        // Those that came before are muted by now, and were told.
        return try muted.compactMap { $0["id"] as? String }.contains { id in
          try !listed().isEmpty && !run.output.contains(id)
        }
      })
    run.send(SIGINT)
    #expect(run.status() == 130 && run.errors.contains("muted by silences"), "\(run.errors)")
    #expect(try scene.expect(["runs", "list", "--output", "json"], 0).output.isEmpty)
    #expect(try shown("s4").screen.contains("Ack "))

    try directory.write("old.jsonl", Self.line("s1", 0))
    let yaml = try String(contentsOfFile: directory("stella.yaml"), encoding: .utf8)
    try directory.write("stella.yaml", yaml.replacing("state: .stella", with: "state: other"))
    try scene.expect(["watch", "--no-follow", "old.jsonl"], 0)
    #expect(!FileManager.default.fileExists(atPath: directory("other")), "without following nothing is kept")
  }

  @Test(
    "A silence of a rule or a name of its key that isn't there, and one without a reason, is refused with what is meant"
  )
  func mistypedSilence() throws {
    func silence(_ rule: String, _ key: String, _ reason: String = "known") throws -> ServeScene.Said {
      try scene.stella(["alerts", "silence", rule, "--key", key, "--for", "2h", "--reason", reason])
    }
    let rule = try silence("service.brokn", "service=s1")
    #expect(rule.status == 11 && rule.errors.contains("Did you mean service.broken?"), "\(rule)")
    let key = try silence("service.broken", "servce=s1")
    #expect(key.status == 3 && key.errors.contains("Did you mean service?"), "\(key)")
    let reason = try silence("service.broken", "service=s1", " ")
    #expect(reason.status == 3 && reason.errors.contains("the reason is empty"), "\(reason)")
    #expect(try scene.expect(["alerts", "list", "--output", "json"], 0).output.isEmpty)
  }

  @Test("Silences that hold are listed also when no alert fires, and as JSON")
  func listedSilences() throws {
    try scene.expect(
      ["alerts", "silence", "service.broken", "--key", "service=s1", "--for", "2h", "--reason", "known"], 0)
    let screen = try scene.expect(["alerts", "list"], 0).output
    #expect(screen.contains("No alert fires") && screen.contains("silence 1 of service.broken"), "\(screen)")
    let object = try #require(try objects(scene.expect(["alerts", "list", "--output", "json"], 0).output).first)
    #expect(object["kind"] as? String == "silence" && object["number"] as? Int == 1)
    #expect(object["by"] as? String == "user:mara" && object["reason"] as? String == "known")
    #expect(try scene.expect(["alerts", "list", "--rule", "other", "--output", "json"], 0).output.isEmpty)
    try scene.expect(["alerts", "unsilence", "1"], 0)
    #expect(try scene.expect(["alerts", "list", "--output", "json"], 0).output.isEmpty)
  }

  @Test(
    "Who sets or ends a silence, acknowledges or resolves an alert is on the execution log, without what may be personal"
  )
  func onRecord() throws {
    let alert = try #require(try scene.alerts(["bob@example.org"]).first)
    let silence = ["alerts", "silence", "service.broken", "--key", "service=bob@example.org", "--for", "2h"]
    try scene.expect(silence + ["--reason", "bob knows"], 0)
    try scene.expect(["alerts", "unsilence", "1"], 0)
    try scene.expect(["alerts", "unsilence", "1"], 11)
    try scene.expect(["alerts", "ack", alert, "--reason", "bob looks"], 0)
    try scene.expect(["alerts", "resolve", alert, "--reason", "bob says so"], 0)
    let records = try objects(scene.expect(["log", "show", "--last", "4", "--output", "json"], 0).output)
    let kinds = records.compactMap { $0["kind"] as? String }
    #expect(kinds == ["silence.set", "silence.ended", "alert.acknowledged", "alert.resolved"], "\(records)")
    #expect(records.allSatisfy { $0["actor"] as? String == "user:mara" }, "\(records)")
    let set = try #require(records.first?["body"] as? [String: Any])
    #expect(set["silence"] as? Int == 1 && set["rule"] as? String == "service.broken", "\(set)")
    #expect(set["key"] as? [String] == ["service"] && !"\(records)".contains("bob"), "\(records)")
    try scene.expect(["log", "verify"], 0)
  }

  @Test("A server's decisions are asked for through its socket and from the store alike, exceptions go live by SIGHUP")
  func history() throws {
    #expect(try scene.stella(["rules", "history", "service.broken"]).status == 11)
    try scene.start()
    try scene.expect(
      ["alerts", "silence", "service.broken", "--key", "service=s5", "--for", "2h", "--reason", "known"], 0)
    try directory.append("app.jsonl", Self.line("s4", 0))
    let server = try #require(scene.server)
    #expect(server.until { $0.output.contains("s4") }, "\(server.errors)")
    func decisions(_ way: [String] = []) throws -> [(decision: String, service: String, reason: String)] {
      let said = try scene.stella(["rules", "history", "service.broken", "--output", "json"] + way)
      return try objects(said.output).map { object in
        (
          try #require(object["decision"] as? String),
          (object["key"] as? [String: Any])?["service"] as? String ?? "", try #require(object["reason"] as? String)
        )
      }
    }
    func until(_ condition: () throws -> Bool) rethrows -> Bool {
      let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
      while ProcessInfo.processInfo.systemUptime < end { if try condition() { return true } }
      return false
    }
    #expect(try until { try decisions().contains { $0.decision == "fired" && $0.service == "s4" } })
    // The server looks at silences once a second: some of these may come before that.
    var second = 100
    let isMuted = try until {
      try directory.append("app.jsonl", Self.line("s5", second))
      second += 100
      return try decisions().contains { $0.decision == "muted" && $0.service == "s5" }
    }
    #expect(isMuted)
    let muted = try #require(try decisions().first { $0.decision == "muted" })
    #expect(muted.reason.contains("silence 1 of user:mara") && muted.reason.contains("known"))
    let listed = try objects(scene.expect(["alerts", "list", "--all", "--output", "json"], 0).output)
    #expect(listed.contains { ($0["muted"] as? [String: String])?["cause"] == "silence" })

    try configure(
      "exceptions: [{ rules: [service.broken], key: { service: s6 }, author: ivo, reason: gone, expires: \(Self.future) }]\n"
    )
    server.send(SIGHUP)
    #expect(server.until { $0.errors.contains("rules loaded anew") }, "\(server.errors)")
    try directory.append("app.jsonl", Self.line("s6", 50_000) + Self.line("s7", 50_001))
    #expect(try until { try decisions().contains { $0.service == "s7" } })
    let all = try decisions()
    #expect(all.contains { $0.decision == "excepted" && $0.reason.contains("an exception of ivo until 2099-01-01") })
    #expect(!all.contains { $0.service == "s6" })
    let screen = try scene.expect(["rules", "history", "service.broken", "--key", "s7"], 0).output
    #expect(screen.contains("fired") && !screen.contains("s4"), "\(screen)")
    #expect(scene.stop() == 0)

    // What was decided outlives the server, and the next one goes on with it.
    #expect(try decisions(["--local"]).map(\.service).contains("s7"))
    try scene.start()
    try directory.append("app.jsonl", Self.line("s8", 60_000))
    #expect(try until { try decisions().contains { $0.service == "s8" } })
    #expect(try decisions().map(\.service).contains("s7"))
    let missing = try scene.stella(["rules", "history", "service.brokn"])
    #expect(missing.status == 11 && missing.errors.contains("Did you mean service.broken?"), "\(missing)")
    #expect(scene.stop() == 0)
  }

  @Test(
    "Maintenance with a key that its rules have not is refused wherever rules are loaded; shadow that is over is told")
  func neverApplies() throws {
    func maintenance(_ rules: String, _ key: String) -> String {
      """
      maintenance:
        - name: rack-move
          \(rules)key: { \(key): s3 }
          once: [{ starts: 2025-06-15T17:00:00, ends: 2025-06-15T18:00:00, tz: "+02:00" }]
          author: ivo
          reason: racks move

      """
    }
    try directory.write("old.jsonl", Self.line("s1", 0))
    for rules in ["rules: [service.broken]\n    ", ""] {
      try configure(maintenance(rules, "servise"))
      let watched = try scene.stella(["watch", "--no-follow", "old.jsonl"])
      #expect(
        watched.status == 3 && watched.errors.contains("the key of maintenance rack-move has servise"), "\(watched)")
      #expect(watched.errors.contains("Did you mean service?"), "\(watched)")
      #expect(try scene.stella(["rules", "lint"]).status == 2)
      #expect(try scene.stella(["rules", "replay", "old.jsonl"]).status == 3)
      #expect(try scene.stella(["doctor", "--quiet"]).output.contains("it never applies"))
      try configure(maintenance(rules, "service"))
      #expect(try scene.stella(["rules", "replay", "old.jsonl"]).status == 1)
    }
    try configure("shadow: [{ rules: [service.broken], author: mara, reason: tuned, until: 2020-01-01 }]\n")
    let lint = try scene.stella(["rules", "lint", "--strict"])
    #expect(lint.status == 1 && lint.output.contains("the shadow mode of mara for service.broken is over"), "\(lint)")
    #expect(try scene.stella(["doctor", "--quiet"]).output.contains("is over since 2020-01-01"))
    try configure(
      "exceptions:\n  - { rules: [service.brokn], key: { service: a }, author: m, reason: r, expires: 2099-01-01 }\n")
    let unknown = try scene.stella(["rules", "replay", "old.jsonl"])
    #expect(unknown.status == 3 && unknown.errors.contains("exceptions names the rule service.brokn"), "\(unknown)")
    let picked = try scene.stella(["rules", "replay", "--rules", "Rules", "old.jsonl"])
    #expect(picked.status == 1 && picked.errors.contains("warning: ") && picked.errors.contains("service.brokn"))
  }
}
