import Foundation
import Testing

@Suite("Personal data in what is asked for over the network")
struct ServeMaskingTests {
  private static let address = "bob@example.com"

  @Test("Who is no admin sees it masked in alerts, runs and the log; who approves a plan sees all of that plan")
  func masked() throws {
    let access = try AccessScene()
    try access.scene.change("INSERT INTO jobs VALUES (77, '\(Self.address)', 'stuck')")
    let alert = try #require(try access.scene.alerts([Self.address]).first)
    let run = try access.scene.propose("pair", Self.address)
    try access.start()
    var secrets: [String: String] = [:]
    for role in ["viewer", "editor", "approver", "admin"] {
      try access.add("the-\(role)", roles: [role])
      secrets[role] = try access.logIn("the-\(role)")
    }
    secrets["token"] = try access.token("reader", "read")
    func get(_ path: String, _ who: String, _ accept: String = "application/json") throws -> String {
      let answer = try access.send(
        "GET", path, [("authorization", "Bearer \(secrets[who] ?? "")"), ("accept", accept)])
      try #require(answer.status == 200, "\(who): \(path): \(answer)")
      return answer.body
    }
    for accept in ["application/json", "text/plain"] {
      for path in ["/api/v1/alerts?all=true", "/api/v1/alerts/\(alert)"] {
        #expect(try get(path, "admin", accept).contains(Self.address), "\(path)")
        for who in ["viewer", "editor", "approver", "token"] {
          let body = try get(path, who, accept)
          #expect(!body.contains(Self.address) && body.contains("[email]"), "\(who): \(path): \(body)")
        }
      }
      let plan = "/api/v1/runs/\(run.id)"
      let whole = try get(plan, "admin", accept)
      #expect(whole.contains(Self.address) && whole.contains(run.digest), "\(whole)")
      #expect(try get(plan, "approver", accept).contains(Self.address))
      for who in ["viewer", "editor", "token"] {
        let body = try get(plan, who, accept)
        #expect(
          !body.contains(Self.address) && body.contains("[email]") && body.contains(run.digest), "\(who): \(body)")
      }
      for path in ["/api/v1/runs", "/api/v1/log?limit=1000", "/api/v1/rules/service.broken/history", "/api/v1/fixes"] {
        for who in ["viewer", "editor", "approver", "token"] {
          #expect(!(try get(path, who, accept)).contains(Self.address), "\(who): \(path)")
        }
      }
    }
    // What the approver has seen is what is approved.
    let vote = #"{"digest":"\#(run.digest)","reason":"seen"}"#
    let secret = secrets["approver"] ?? ""
    let answer = try access.post("/api/v1/runs/\(run.id)/approve", vote, [("authorization", "Bearer \(secret)")])
    #expect(answer.status == 202, "\(answer)")
    // What is said about a change is masked as well.
    let said = try access.post(
      "/api/v1/alerts/\(alert)/acknowledge", #"{"reason":"called \#(Self.address)"}"#,
      [("authorization", "Bearer \(secrets["editor"] ?? "")")])
    #expect(said.status == 200 && !said.body.contains(Self.address), "\(said)")
  }

  @Test("Narrow columns cut nothing into pieces that no mask finds")
  func columns() throws {
    let access = try AccessScene()
    let alert = try #require(try access.scene.alerts([Self.address]).first)
    try access.start()
    try access.add("vic", roles: ["viewer"])
    let secret = try access.logIn("vic")
    for path in ["/api/v1/alerts?all=true", "/api/v1/alerts/\(alert)", "/api/v1/runs"] {
      for columns in [1, 24, 40, 60, 80] {
        let answer = try access.send(
          "GET", path,
          [
            ("authorization", "Bearer \(secret)"), ("accept", "text/plain"), ("stella-columns", "\(columns)"),
            ("stella-color", "true"),
          ])
        #expect(answer.status == 200 && !answer.body.contains("bob"), "\(columns): \(answer.body)")
        if path.contains("alerts") { #expect(answer.body.contains("[email]"), "\(columns): \(answer.body)") }
      }
    }
  }

  @Test("Why something was not done is masked as well, and not for who decides on the run")
  func failures() throws {
    let access = try AccessScene()
    let run = try access.scene.propose("repair", "s1")
    try access.start()
    for role in ["editor", "approver"] { try access.add("the-\(role)", roles: [role]) }
    try access.expect(["freeze", "set", "--reason", "ask \(Self.address)"])
    func post(_ verb: String, _ body: String, _ who: String) throws -> AccessScene.Answer {
      try access.post(
        "/api/v1/runs/\(run.id)/\(verb)", body, [("authorization", "Bearer \(try access.logIn("the-\(who)"))")])
    }
    let vote = #"{"digest":"\#(run.digest)","reason":"seen"}"#
    #expect(try post("approve", vote, "approver").status == 200)
    let seen = try post("execute", "{}", "approver")
    #expect(seen.status == 423 && seen.body.contains(Self.address), "\(seen)")
    let masked = try post("execute", "{}", "editor")
    #expect(masked.status == 423 && !masked.body.contains("bob") && masked.body.contains("[email]"), "\(masked)")
  }

  @Test(
    "What is behind a mask can't be found out by asking for it: keys of decisions, services of events and their counts")
  func asked() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("vic", roles: ["viewer"])
    try access.add("ida", roles: ["admin"])
    let secrets = ["vic": try access.logIn("vic"), "ida": try access.logIn("ida")]
    try access.directory.append(
      "app.jsonl",
      ["kim@example.org", "s1"].map {
        #"{"ts":"2025-06-15T15:06:40Z","level":"error","service":"\#($0)","message":"broken"}"# + "\n"
      }.joined())
    func lines(_ path: String, _ who: String, accept: String = "application/json, application/x-ndjson") throws
      -> [String]
    {
      let answer = try access.send(
        "GET", "/api/v1/" + path, [("authorization", "Bearer \(secrets[who] ?? "")"), ("accept", accept)])
      try #require(answer.status == 200, "\(who): \(path): \(answer)")
      return answer.body.split(separator: "\n").map(String.init)
    }
    let span = "since=2025-06-15T15:00:00Z&until=2025-06-15T16:00:00Z"
    let history = "rules/service.broken/history?limit=100&key="
    let events = "events?\(span)&service="
    let series = "events/series?\(span)&step=1h&service="
    func counted(_ path: String, _ who: String) throws -> Int {
      let found = try lines(path, who)
      guard path.hasPrefix("events/series") else { return found.count }
      let object = try JSONSerialization.jsonObject(with: Data(try #require(found.first).utf8)) as? [String: Any]
      return try #require(object?["total"] as? Int)
    }
    // Decisions are kept every few seconds, counts as well. Each look is one command, so that the server isn't overrun.
    let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
    while ProcessInfo.processInfo.systemUptime < end {
      let kept = try access.stella(["rules", "history", "service.broken"]).output
      if kept.contains("kim@"), try counted(series + "kim%40example.org", "ida") == 1 { break }
    }
    for path in [history, events, series] {
      #expect(try counted(path + "kim%40example.org", "ida") > 0, "\(path)")
      #expect(try counted(path + "kim%40example.org", "vic") == 0, "\(path)")
      #expect(try counted(path + "tim%40example.org", "vic") == 0, "\(path)")
      #expect(try counted(path + "%5Bemail%5D", "vic") > 0, "\(path)")
      #expect(try counted(path + "s1", "vic") > 0, "\(path)")
    }
    for path in [history + "kim", history + "example.org"] { #expect(try counted(path, "vic") == 0, "\(path)") }
    let shown = try lines(history + "%5Bemail%5D", "vic").joined()
    #expect(shown.contains("[email]") && !shown.contains("kim@"), "\(shown)")
  }
}
