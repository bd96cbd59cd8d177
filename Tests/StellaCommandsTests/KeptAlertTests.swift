import Foundation
import Testing

@Suite("Alerts that are kept")
struct KeptAlertTests {
  let scene: ServeScene
  var directory: CommandDirectory { scene.directory }

  init() throws { scene = try ServeScene() }

  private static func line(_ service: String) -> String {
    "{\"ts\":1750000000,\"level\":\"error\",\"service\":\"\(service)\",\"message\":\"broken\"}\n"
  }

  private func objects(_ arguments: [String]) throws -> [[String: Any]] {
    try scene.expect(arguments + ["--output", "json"], 0).output.split(separator: "\n").compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }

  @Test("What fires when a log that isn't followed ends says so, with all that joined it, and its fix is asked for")
  func inputEnded() throws {
    try directory.write("old.jsonl", Self.line("s1") + Self.line("s1"))
    try scene.expect(["watch", "--no-follow", "--propose", "old.jsonl"], 0)
    let alert = try #require(try objects(["alerts", "list"]).first)
    #expect(alert["status"] as? String == "firing" && alert["input_ended"] as? Bool == true, "\(alert)")
    #expect(alert["count"] as? Int == 2, "\(alert)")
    #expect(try scene.expect(["alerts", "list"], 0).output.contains("input ended"))
    let id = try #require(alert["id"] as? String)
    let shown = try scene.expect(["alerts", "show", id], 0).output
    #expect(shown.contains("Input     ended while it fired") && shown.contains("stella alerts resolve"), "\(shown)")
    #expect(try objects(["runs", "list"]).compactMap { $0["state"] as? String } == ["awaiting"])
    try scene.expect(["alerts", "resolve", id, "--reason", "seen"], 0)
    #expect(try objects(["alerts", "list"]).isEmpty)
  }

  @Test("What is over can't be acknowledged or resolved any more, and what was said of it stays")
  func over() throws {
    try directory.write("old.jsonl", Self.line("s1"))
    try scene.expect(["watch", "--no-follow", "old.jsonl", "--propose"], 0)
    let id = try #require(try objects(["alerts", "list"]).first?["id"] as? String)
    try scene.expect(["alerts", "ack", id, "--reason", "looking"], 0)
    try scene.expect(["alerts", "resolve", id, "--reason", "seen"], 0)
    for verb in ["ack", "resolve"] {
      let again = try scene.expect(["alerts", verb, id, "--reason", "later"], 4)
      #expect(again.errors.contains("is over since") && again.errors.contains("mara resolved it"), "\(again.errors)")
    }
    let shown = try scene.expect(["alerts", "show", id], 0).output
    #expect(shown.contains("looking") && shown.contains("seen") && !shown.contains("later"), "\(shown)")
  }

  @Test("Where the next start goes on, an alert goes on too")
  func checkpoint() throws {
    try directory.write("old.jsonl", Self.line("s1"))
    try scene.expect(["watch", "--no-follow", "--from", "checkpoint", "old.jsonl"], 0)
    let alert = try #require(try objects(["alerts", "list"]).first)
    #expect(alert["status"] as? String == "firing" && alert["input_ended"] == nil, "\(alert)")
  }

  @Test("Who needs the store alone needs no secrets of targets; what plans or applies says which one is missing")
  func withoutSecrets() throws {
    let run = try scene.propose("repair", "s1")
    let written = try String(contentsOfFile: directory("stella.yaml"), encoding: .utf8)
    try directory.write("stella.yaml", written + "secrets: { token: { version: 1, env: STELLA_TEST_UNSET } }\n")
    let why = ["--reason", "x"]
    for stored in [
      ["alerts", "list"], ["runs", "list"], ["runs", "show", run.id], ["approvals", "list"], ["fixes", "list"],
      ["freeze", "set"] + why, ["freeze", "clear"] + why, ["log", "status"], ["log", "checkpoint"], ["log", "verify"],
      ["backup", directory("copy")],
    ] { try scene.expect(stored, 0) }
    for asked in [
      ["approvals", "approve", run.id, "--digest", run.digest] + why, ["approvals", "replan", run.id],
      ["fixes", "plan", "repair", "--param", "service=s2"],
    ] {
      let refused = try scene.expect(asked, 3)
      #expect(refused.errors.contains("STELLA_TEST_UNSET"), "\(refused)")
    }
  }
}
