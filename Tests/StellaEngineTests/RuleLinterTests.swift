import Foundation
import StellaModel
import Testing

@testable import StellaEngine

@Suite(.serialized) struct RuleLinterTests {
  private func lint(_ rule: String) throws -> RuleLintReport {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-lint-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try rule.write(to: folder.appending(path: "rule.lua"), atomically: true, encoding: .utf8)
    return try RuleLinter.run(paths: [folder.path])
  }

  private static let good = """
    return rule {
      api = 1, id = "demo.good", title = "Good", severity = "high", status = "stable", date = "2026-11-21",
      description = "It is good.", falsepositives = { "none" }, actions = { "Rest" }, tags = { "sre.errors" },
      where = [[level >= error]], by = { "service" },
      state = { errors = window.count("5m") },
      on = function(e, s)
        s.errors:add(e)
        return alert { value = s.errors:count(), who = e.user, summary = "{service}: {value:.0f} by {who}, {host}" }
      end,
    }
    """

  private func codes(_ change: (String, String)) throws -> [(String, Int)] {
    #expect(RuleLinterTests.good.contains(change.0))
    let report = try lint(RuleLinterTests.good.replacing(change.0, with: change.1))
    #expect(report.errors.isEmpty, "\(report.errors)")
    return report.warnings.map { ($0.error.code, $0.error.line) }
  }

  @Test func whatACommentAllowsIsNotToldAndAnIdleOneIs() throws {
    let bad = RuleLinterTests.good.replacing("by = { \"service\" },", with: "")
    #expect(try lint(bad).warnings.map(\.check).contains(.noKey))
    let allowed = try lint("-- lint: allow no_key, summary: one for all\n" + bad).warnings.map(\.check)
    #expect(!allowed.contains(.noKey), "\(allowed)")
    let idle = try lint("-- lint: allow no_kye\n-- lint: allow tag\n" + RuleLinterTests.good).warnings
    #expect(idle.map(\.check) == [.idleAllow, .idleAllow] && idle.map(\.error.line) == [1, 2])
    #expect(idle[0].error.remedy.contains("no_key"))
  }

  @Test func aCarefulRuleGetsNoWarning() throws {
    let report = try lint(RuleLinterTests.good)
    #expect(report.errors.isEmpty && report.warnings.isEmpty, "\(report.errors) \(report.warnings)")
    #expect(report.rules == ["demo.good"])
  }

  @Test func theShippedRulesGetNoWarning() throws {
    let report = try RuleLinter.run(paths: [CorpusFolder.rules])
    for problem in report.errors + report.warnings.map(\.error) { Issue.record("\(problem)") }
  }

  @Test(arguments: [
    ("where = [[level >= error]]", "where = \"true\"", "lint.no_cheap_condition", 4),
    ("where = [[level >= error]]", "where = [[not (a == 1)]]", "lint.no_cheap_condition", 4),
    ("by = { \"service\" },", "", "lint.no_key", 5),
    ("by = { \"service\" }", "by = { \"service\", \"user_id\" }", "lint.max_keys", 4),
    ("state = { errors", "state = { spare = ring(3), errors", "lint.unused_state", 5),
    ("description = \"It is good.\", ", "", "lint.no_description", 2),
    ("actions = { \"Rest\" }, ", "", "lint.no_actions", 2),
    ("falsepositives = { \"none\" }, ", "", "lint.no_falsepositives", 2),
    ("sre.errors", "errors", "lint.tag", 3),
    ("2026-11-21", "21.11.2026", "lint.date", 2),
    ("by {who}", "by {whom}", "lint.summary", 8),
  ])
  func whatIsDoubtfulIsNamedWithItsLine(from: String, to: String, code: String, line: Int) throws {
    let found = try codes((from, to))
    #expect(found.map(\.0) == [code])
    #expect(found.map(\.1) == [line])
  }

  @Test func aLongTitleIsNamed() throws {
    let found = try codes(("title = \"Good\"", "title = \"\(String(repeating: "x", count: 300))\""))
    #expect(found.map(\.0) == ["lint.title"])
  }

  @Test func aSlidingThresholdThatNeedsMoreThanItsMemoryIsNamed() throws {
    let report = try lint(
      """
      return rule { api = 1, id = "demo.big", title = "Big", severity = "low", summary = "big", where = [[a == 1]], by = { "b" },
        max_keys = 1000000,
        threshold = { count = 1000, within = "1h" } }
      """)
    #expect(report.warnings.map(\.check) == [.thresholdMemory] && report.warnings[0].error.line == 3)
  }

  private static let sequence = """
    return rule { api = 1, id = "demo.steps", title = "Steps", severity = "low", summary = "x", by = { "service" },
      max_keys = 1000,
      sequence = { within = "5m",
        { name = "a", match = [[event == "a"]] },
        { name = "b", match = [[event == "b"]], times = 20, within = "1m" },
      } }
    """

  @Test(arguments: [
    ("[[event == \"b\"]]", "[[not (event == \"b\")]]", ["lint.no_cheap_condition"], 5),
    ("[[event == \"b\"]]", "[[event == \"b\" and level >= error and level < info]]", ["lint.condition"], 5),
    ("within = \"1m\"", "within = \"5m\"", ["lint.useless_within"], 5),
    ("[[event == \"b\"]]", "[[(event == \"a\")]]", ["lint.same_step"], 4),
    ("max_keys = 1000,", "max_keys = 1000000,", ["lint.sequence_memory"], 3),
    ("by = { \"service\" },", "", ["lint.no_key"], 3),
    ("by = { \"service\" },", "by = { \"src_ip\" },", ["lint.missing_key"], 1),
    ("    { name = \"a\", match = [[event == \"a\"]] },\n", "", ["lint.one_step"], 3),
    ("max_keys = 1000,", "max_keys = 1000,", [], 0),
  ])
  func whatIsDoubtfulInASequenceIsNamedWithItsLine(from: String, to: String, codes: [String], line: Int) throws {
    #expect(RuleLinterTests.sequence.contains(from))
    let report = try lint(RuleLinterTests.sequence.replacing(from, with: to))
    #expect(report.errors.isEmpty && report.warnings.map(\.error.code) == codes, "\(report.errors) \(report.warnings)")
    #expect(report.warnings.allSatisfy { $0.error.line == line }, "\(report.warnings)")
  }

  @Test func brokenRulesAreErrorsAndNoWarnings() throws {
    let report = try lint("return rule { api = 1, id = \"x\" }")
    #expect(!report.errors.isEmpty && report.warnings.isEmpty)
  }
}
