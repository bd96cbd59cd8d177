import Foundation
import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("Runs as JSON")
struct RunJSONTests {
  static func object(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test("A line of a list is one line with the state, the votes and the deadline")
  func line() throws {
    let json = RunJSON.line(try SampleReport().report())
    #expect(!json.contains("\n"))
    let object = try Self.object(json)
    #expect(object["id"] as? String == "r-7f3a2c01" && object["state"] as? String == "awaiting")
    #expect(object["approvals"] as? Int == 1 && object["approvals_needed"] as? Int == 2)
    #expect(object["decide_by"] as? String == "2026-11-21T10:25:00.000000000Z" && object["ended_at"] is NSNull)
    #expect(object["rows"] as? Int == 42 && (object["targets"] as? [String])?.count == 3)
    #expect(object["needs_person"] as? Bool == false)
  }

  @Test("All of a run has every row, every vote with whether it counts, and no value of a secret")
  func full() throws {
    let json = RunJSON.full(try SampleReport().report())
    let object = try Self.object(json)
    let plan = try #require(object["plan"] as? [String: Any])
    let effects = try #require(plan["effects"] as? [[String: Any]])
    #expect(effects.count == 3 && (effects[0]["rows"] as? [Any])?.count == 42)
    #expect(effects.map { $0["kind"] as? String } == ["sql.update", "http.request", "exec"])
    #expect(plan["irreversible"] as? [Int] == [2] && plan["digest"] as? String == object["digest"] as? String)
    let votes = try #require(object["votes"] as? [[String: Any]])
    #expect(votes.map { $0["counts"] as? Bool } == [true, false] && votes[1]["why_not"] as? String == "unknown_user")
    let you = try #require(object["you"] as? [String: Any])
    #expect(you["may_approve"] as? Bool == true && you["name"] as? String == "ivo")
    #expect(json.contains(#"{"secret":"billing@v7"}"#))
    #expect((object["alert_fields"] as? [String: Any])?["count"] as? Int == 42)
  }

  @Test(
    "Hostile texts come back as they were, and nothing in them controls a terminal", arguments: ScreenSpoofTests.corpus)
  func hostile(text: String) throws {
    var report = try SampleReport().report()
    report.run.detail = text
    report.notes = [text]
    for json in [RunJSON.line(report), RunJSON.full(report)] {
      #expect(!json.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(Array((try Self.object(json)["detail"] as? String ?? "?").unicodeScalars) == Array(text.unicodeScalars))
    }
  }

  @Test("Kinds of values that JSON doesn't have are told apart from text")
  func values() {
    #expect(PlanJSON.value(.bytes([0, 255])).json == #"{"bytes":"00ff"}"#)
    #expect(PlanJSON.value(.double(.infinity)).json == #"{"double":"inf"}"#)
    #expect(PlanJSON.value(.result(ResultReference("e1[2].id")!)).json == #"{"result":"e1[2].id"}"#)
    #expect(PlanJSON.value(.array([.null, 1, "1", .bool(false)])).json == #"[null,1,"1",false]"#)
  }
}
