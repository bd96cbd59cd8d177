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
}
