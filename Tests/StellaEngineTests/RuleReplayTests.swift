import Foundation
import StellaDetection
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Replays and their differences") struct RuleReplayTests {
  private func rule(_ id: String, count: Int, severity: String = "low") -> String {
    """
    return rule { api = 1, id = "\(id)", title = "T", severity = "\(severity)", summary = "{service}", type = "x",
      where = [[level >= error]], by = { "service" }, threshold = { count = \(count), within = "1m" } }
    """
  }

  private func replay(_ sources: [String], _ lines: [String], profiles: Bool = false) throws -> RuleReplay {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "stella-replay-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let log = folder.appending(path: "app.log")
    try (lines.joined(separator: "\n") + "\n").write(to: log, atomically: true, encoding: .utf8)
    var options = WatchOptions()
    options.inputs = [.init(paths: [log.path])]
    let prepared = options
    let made = try EngineThread.run { () throws -> RuleReplay in
      let set = RuleSet(
        sources: sources.enumerated().map { RuleSource(file: "r\($0.offset).lua", text: Array($0.element.utf8)) },
        fields: FieldRegister())
      return try RuleReplay.run(prepared, rules: set, profiles: profiles)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["app.log"])
    return made
  }

  private let lines = (0..<50).map { number -> String in
    let (minute, second) = (number / 5 * 3, number % 5 * 2)
    return
      "{\"time\":\"2026-01-01T00:\(minute < 10 ? "0" : "")\(minute):0\(second)Z\",\"level\":\"error\",\"service\":\"\(number % 2 == 0 ? "a" : "b")\",\"msg\":\"x\"}"
  }

  @Test("Each alert is there once, as it was at the end, with all its events") func alerts() throws {
    let replay = try replay([rule("one", count: 2)], lines)
    #expect(replay.summary.events == 50 && replay.alerts.count == 20)
    #expect(Set(replay.alerts.map(\.id)).count == 20)
    #expect(replay.alerts.allSatisfy { $0.count >= 2 })
    #expect(replay.alerts.reduce(0) { $0 + $1.count } == 50)
  }

  @Test("The same rules tell the same") func same() throws {
    let one = try replay([rule("one", count: 2)], lines)
    let other = try replay([rule("one", count: 2)], lines)
    let difference = ReplayDifference(old: one.alerts, new: other.alerts)
    #expect(difference.isEmpty && difference.same == 20)
  }

  @Test("A rule that is new adds, one that is gone removes, and another severity changes") func kinds() throws {
    let old = try replay([rule("one", count: 2), rule("gone", count: 2)], lines)
    let new = try replay([rule("one", count: 2, severity: "high"), rule("new", count: 3)], lines)
    let difference = ReplayDifference(old: old.alerts, new: new.alerts)
    #expect(difference.added.count == 10 && difference.added.allSatisfy { $0.rule == "new" })
    #expect(difference.removed.count == 20 && difference.removed.allSatisfy { $0.rule == "gone" })
    #expect(difference.changed.count == 20 && difference.moved.isEmpty && difference.same == 0)
  }

  @Test("Trouble that is told at another time has moved, and is not both gone and new") func moved() throws {
    func alert(_ rule: String, _ key: String, _ minute: Int64) -> ReplayedAlert {
      let alert = Alert(
        id: "\(rule)\(key)\(minute)", rule: rule, type: "x", severity: .low, title: "T", summary: "",
        key: [.init("service", .string(key))], status: .resolved, revision: 2, firstSeen: minute * 60_000_000_000,
        lastSeen: minute * 60_000_000_000, count: 1, value: nil, expected: nil, evidence: [], affectedUsers: [],
        suggestedActions: [], fixes: [], runbook: nil, labels: [], source: "")
      return ReplayedAlert(alert, fired: alert.firstSeen)
    }
    let difference = ReplayDifference(
      old: [alert("r", "a", 0), alert("r", "a", 100), alert("r", "b", 0), alert("q", "a", 0)],
      new: [alert("r", "a", 110), alert("r", "a", 5), alert("r", "b", 90), alert("q", "b", 1)])
    #expect(difference.moved.map { $0.old.id } == ["ra100", "ra0"])
    #expect(difference.removed.map(\.id) == ["rb0", "qa0"] && difference.added.map(\.id) == ["rb90", "qb1"])
  }

  @Test("Another hold moves an alert, although its first event stays") func hold() throws {
    func rule(_ hold: String) -> String {
      """
      return rule { api = 1, id = "held", title = "T", severity = "low", where = [[level >= error]], by = { "service" },
        hold = "\(hold)", keep_firing = "5m", on = function(e, s) return alert {} end }
      """
    }
    let old = try replay([rule("3m")], lines)
    let new = try replay([rule("6m")], lines)
    let start = try #require(Timestamp.parse("2026-01-01T00:00:00Z"))
    #expect(old.alerts.map { ($0.fired - start) / 1_000_000_000 }.first == 182)
    #expect(new.alerts.map { ($0.fired - start) / 1_000_000_000 }.first == 360)
    #expect(old.alerts.map(\.firstSeen) == new.alerts.map(\.firstSeen))
    let difference = ReplayDifference(old: old.alerts, new: new.alerts)
    #expect(difference.moved.count == 2 && difference.changed.isEmpty && difference.same == 0)
  }

  @Test("A sequence that ripens fires when its hold is over, after its last event") func ripened() throws {
    let rule = """
      return rule { api = 1, id = "s", title = "T", severity = "low", by = { "service" }, hold = "10s", max_keys = 10,
        sequence = { within = "5m", { name = "one", match = [[level >= error]] } } }
      """
    let alert = try #require(try replay([rule], lines).alerts.first)
    #expect(alert.fired - alert.firstSeen == 10_000_000_000)
  }

  @Test("A profile counts what each rule took, and asking for it changes nothing") func profiles() throws {
    let script = """
      return rule { api = 1, id = "script", title = "T", severity = "low", summary = "x", where = [[level >= error]],
        by = { "service" }, state = { n = window.count("1m") },
        on = function(e, s)
          s.n:add(e)
          if s.n:count() > 2 then for i = 1, 100 do s.m = i end return alert {} end
        end }
      """
    let quiet =
      "return rule { api = 1, id = \"quiet\", title = \"T\", severity = \"low\", where = [[level == debug]],"
      + " by = { \"service\" }, threshold = { count = 1, within = \"1m\" } }"
    let profiled = try replay([rule("one", count: 2), script, quiet], lines, profiles: true)
    let plain = try replay([rule("one", count: 2), script, quiet], lines)
    #expect(
      profiled.alerts.map(\.id) == plain.alerts.map(\.id) && profiled.alerts.map(\.count) == plain.alerts.map(\.count))
    #expect(profiled.profiles.map(\.rule) == ["one", "script", "quiet"])
    #expect(profiled.profiles.map(\.matched) == [50, 50, 0])
    #expect(profiled.profiles.map(\.calls) == [0, 50, 0])
    #expect(profiled.profiles[1].peakSteps > profiled.profiles[1].steps && profiled.profiles[1].steps > 0)
    #expect(profiled.profiles[0].keys == 2 && profiled.profiles[0].totalNanoseconds > 0)
    #expect(profiled.profiles[2].totalNanoseconds == 0 && profiled.profiles[1].heapBytes > 0)
  }
}
