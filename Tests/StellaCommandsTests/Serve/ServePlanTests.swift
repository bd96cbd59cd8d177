import Foundation
import Testing

@Suite("Asking for a fix through a server")
struct ServePlanTests {
  private static let address = "bob@example.com"

  private static func body(_ service: String, propose: Bool? = nil) -> String {
    let more = propose.map { #","propose":\#($0)"# } ?? ""
    return #"{"params":{"service":"\#(service)"}"# + more + "}"
  }

  private func send(
    _ access: AccessScene, _ fix: String, _ secret: String, _ body: String, accept: String = "application/json"
  ) throws -> AccessScene.Answer {
    try access.post(
      "/api/v1/fixes/\(fix)/plan", body, [("authorization", "Bearer \(secret)"), ("accept", accept)])
  }

  @Test("A command asks a server elsewhere with the same output and status as here; without --propose nothing is left")
  func elsewhere() throws {
    let access = try AccessScene()
    try access.start()
    try access.expect(["users", "set-password", "mara"], input: AccessScene.password + "\n")
    try access.expect(["login", access.url], input: AccessScene.password + "\n")
    let plan = ["fixes", "plan", "repair", "--param"]
    for (arguments, status) in [
      (plan + ["service=s1"], 0), (plan + ["service=s1", "--output", "json"], 0), (plan + ["service=none"], 0),
      (["fixes", "plan", "repair"], 3), (plan + ["servise=s1"], 3), (["fixes", "plan", "repiar"], 11),
    ] as [([String], Int32)] {
      let ways = try [["--server", access.url], [], ["--local"]].map { way in
        ServeParityTests.timeless(try access.stella(arguments + way))
      }
      #expect(ways[0].status == status && ways[0] == ways[1] && ways[1] == ways[2], "\(arguments): \(ways)")
    }
    #expect(try access.expect(["runs", "list", "--output", "json"]).output.isEmpty)
    #expect(!(try access.expect(["log", "show", "--last", "1000"]).output.contains(/run\.[a-z]/)))

    let asked = try access.expect(plan + ["service=s1", "--propose", "--server", access.url])
    #expect(asked.output.contains("user:mara") && asked.errors.isEmpty, "\(asked)")
    let run = try access.scene.waiting()
    #expect(asked.output.contains(run.id) && asked.output.contains(run.digest), "\(asked)")
    let records = try access.expect(["log", "show", "--last", "1000"]).output
    #expect(records.contains(/run\.proposed .*user:mara/), "\(records)")
    let both = try access.stella(plan + ["service=s1", "--server", access.url, "--fixes", "Fixes"])
    #expect(both.status == 3 && both.errors.contains("--fixes are for this machine"), "\(both)")
  }

  @Test(
    "A token asks in its own name and never decides; its owner can't approve where four eyes are wanted, others can")
  func token() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("the-approver", roles: ["approver"])
    try access.add("the-viewer", roles: ["viewer"])
    let (token, reader) = (try access.token("asker", "propose"), try access.token("reader", "read"))
    let viewer = try access.logIn("the-viewer")
    for propose in [nil, false, true] {
      for secret in [viewer, reader] {
        let refused = try send(access, "own", secret, Self.body("s1", propose: propose))
        #expect(refused.status == 403 && refused.json["exit_status"] as? Int == 5, "\(refused)")
      }
    }
    let preview = try send(access, "own", token, Self.body("s1"))
    #expect(preview.status == 200 && preview.json["id"] as? String == "preview", "\(preview)")
    #expect(preview.value("stella-status") == "0" && preview.value("stella-run") == nil, "\(preview)")
    #expect(try access.expect(["runs", "list", "--output", "json"]).output.isEmpty)

    let asked = try send(access, "own", token, Self.body("s1", propose: true))
    let id = try #require(asked.json["id"] as? String, "\(asked)")
    #expect(asked.status == 200 && asked.value("stella-run") == id && asked.value("stella-state") == "awaiting")
    #expect(asked.json["requested_by"] as? String == "token:asker@mara", "\(asked)")
    #expect(asked.json["digest"] as? String == preview.json["digest"] as? String, "\(asked)")
    let again = try send(access, "own", token, Self.body("s1", propose: true))
    #expect(again.status == 409 && again.body.contains(id), "\(again)")
    #expect((asked.json["you"] as? [String: Any])?["may_approve"] as? Bool == false, "\(asked)")
    let shown = try access.expect(["approvals", "show", id]).output
    #expect(shown.contains("a program asked for it") && shown.contains("token:asker@mara"), "\(shown)")
    let digest = try access.scene.waiting().digest
    let vote = #"{"digest":"\#(digest)","reason":"seen"}"#
    let voted = try access.post("/api/v1/runs/\(id)/approve", vote, [("authorization", "Bearer \(token)")])
    #expect(voted.status == 403 && voted.body.contains("never decide"), "\(voted)")
    try access.expect(["approvals", "approve", id, "--digest", digest, "--reason", "mine"], 5)
    let session = try access.logIn("the-approver")
    let approved = try access.post("/api/v1/runs/\(id)/approve", vote, [("authorization", "Bearer \(session)")])
    #expect(approved.status == 200, "\(approved)")
    let records = try access.expect(["log", "show", "--last", "1000"]).output
    #expect(records.contains(/run\.proposed .*token:asker@mara/), "\(records)")

    // A person is no exception.
    let own = try send(access, "own", session, Self.body("s2", propose: true))
    let mine = try #require(own.json["id"] as? String, "\(own)")
    let own12 = (own.json["digest"] as? String)?.dropFirst("sha256:".count).prefix(12) ?? ""
    let barred = try access.post(
      "/api/v1/runs/\(mine)/approve", #"{"digest":"\#(own12)","reason":"mine"}"#,
      [("authorization", "Bearer \(session)")])
    #expect(barred.status == 403 && own.json["requested_by"] as? String == "user:the-approver", "\(barred)")
  }

  @Test("What makes no sense is a problem that says why, and what can't be planned is told as the run that it is")
  func problems() throws {
    let access = try AccessScene()
    try access.directory.write("Fixes/refused.lua", "return fix { api = 1, id = \"refused\" }\n")
    try access.directory.write(
      "Fixes/count.lua",
      """
      return fix {
        api = 1, id = "count", title = "Count", params = { count = "integer" }, targets = { "app-db" },
        plan = function(ctx, p) return p.nothing.here end,
      }

      """)
    try access.start()
    let token = try access.token("asker", "propose")
    for (fix, body, status, named) in [
      ("repiar", Self.body("s1"), 404, "Did you mean repair?"), ("refused", "{}", 422, "refused.lua"),
      ("repair", "{}", 400, "service has no value"), ("repair", #"{"params":{"service":7}}"#, 400, "type string"),
      ("repair", #"{"params":{"servise":"s1"}}"#, 400, "Did you mean service?"),
      ("count", #"{"params":{"count":"many"}}"#, 400, "count is an integer. Write a whole number"),
      ("count", #"{"params":{"count":0.5}}"#, 400, "type integer"),
    ] {
      for more in ["", #""propose":true"#] {
        let whole = more.isEmpty ? body : String(body.dropLast()) + (body == "{}" ? "" : ",") + more + "}"
        let answer = try send(access, fix, token, whole)
        #expect(answer.status == status && answer.value("content-type") == "application/problem+json", "\(answer)")
        #expect((answer.json["detail"] as? String)?.contains(named) == true, "\(fix) \(whole): \(answer)")
      }
    }
    #expect(try access.expect(["runs", "list", "--output", "json"]).output.isEmpty)
    for count in ["7", #""7""#] {
      let failed = try send(access, "count", token, #"{"params":{"count":\#(count)}}"#)
      #expect(failed.status == 200 && failed.value("stella-status") == "2", "\(failed)")
      #expect(failed.json["state"] as? String == "plan_failed", "\(failed)")
      #expect((failed.json["parameters"] as? [String: Any])?["count"] as? Int == 7, "\(failed)")
    }
    let nothing = try send(access, "repair", token, Self.body("nobody", propose: true))
    #expect(nothing.status == 200 && nothing.json["state"] as? String == "no_change", "\(nothing)")
    // Asking changes nothing, and so is let through while nothing may be changed.
    try access.expect(["freeze", "set", "--reason", "incident"])
    let asked = try send(access, "repair", token, Self.body("s1", propose: true))
    #expect(asked.status == 200 && asked.json["state"] as? String == "awaiting", "\(asked)")
  }

  @Test("Who is no admin sees personal data in a plan masked, but approvers in the run that they decide on")
  func masked() throws {
    let access = try AccessScene()
    try access.scene.change("INSERT INTO jobs VALUES (77, '\(Self.address)', 'stuck')")
    try access.start()
    var secrets: [String: String] = [:]
    for role in ["editor", "approver", "admin"] {
      try access.add("the-\(role)", roles: [role])
      secrets[role] = try access.logIn("the-\(role)")
    }
    secrets["token"] = try access.token("asker", "propose")
    for (who, secret) in secrets {
      for propose in [false, true] {
        for accept in ["application/json", "text/plain"] {
          let answer = try send(access, "pair", secret, Self.body(Self.address, propose: propose), accept: accept)
          let isWhole = who == "admin" || who == "approver" && propose
          #expect(answer.status == 200 && answer.body.contains(Self.address) == isWhole, "\(who): \(answer)")
          #expect(answer.body.contains("[email]") != isWhole, "\(who): \(answer)")
          guard propose else { continue }
          // The same can be asked for again only then.
          let run = try #require(answer.value("stella-run"), "\(answer)")
          let withdrawn = try access.post(
            "/api/v1/runs/\(run)/withdraw", #"{"reason":"seen"}"#, [("authorization", "Bearer \(secret)")])
          #expect(withdrawn.status == 200, "\(withdrawn)")
        }
      }
    }
  }
}
