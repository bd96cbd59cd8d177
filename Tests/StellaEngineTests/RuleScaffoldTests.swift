import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("The beginning of a rule") struct RuleScaffoldTests {
  private func make(_ id: String, _ sample: String?) throws -> RuleScaffold {
    let sample = sample.map { Array($0.utf8) }
    return try EngineThread.run { try RuleScaffold(id: id, sample: sample) }
  }

  /// Writes the files, and gives what lint and tests say.
  private func check(_ scaffold: RuleScaffold) throws -> (RuleLintReport, RuleTestReport) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-new-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in scaffold.files {
      let url = folder.appending(path: file.path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text).write(to: url)
    }
    return (try RuleLinter.run(paths: [folder.path]), try RuleTester.run(paths: [folder.path]))
  }

  private func expectUsable(_ scaffold: RuleScaffold) throws {
    let (lint, tests) = try check(scaffold)
    #expect(lint.errors.isEmpty && lint.warnings.isEmpty, "\(lint.errors) \(lint.warnings)")
    #expect(tests.errors.isEmpty && tests.failures == 0, "\(tests.errors) \(tests.cases)")
    #expect(tests.coverage.count == 1 && tests.coverage[0].isComplete)
  }

  @Test("Without a sample it looks for errors in a row") func bare() throws {
    let scaffold = try make("errors.checkout", nil)
    #expect(scaffold.files.map(\.path) == ["errors/checkout.lua", "errors/checkout_test.lua"])
    #expect(scaffold.condition == "level >= error" && scaffold.key == "service")
    try expectUsable(scaffold)
  }

  @Test(
    "With a sample it looks for what its lines show",
    arguments: [
      (
        (0..<12).map {
          "{\"time\":\"2026-01-01T00:00:\($0 + 10)Z\",\"level\":\"error\",\"service\":\"shop\",\"msg\":\"no\"}"
        },
        "level >= error", "service", 10, "1m"
      ),
      (
        (0..<4).map { "10.0.0.\($0 / 3) - - [01/Jan/2026:00:0\($0):00 +0000] \"GET /a?x=\($0) HTTP/1.1\" 503 17" },
        "status >= 500 and route ~= nil", "route", 3, "5m"
      ),
      (["level=info msg=hello user=ana"], "message ~= nil and user ~= nil", "user", 1, "1m"),
      (["something happened"], "message ~= nil", nil, 1, "1m"),
    ] as [([String], String, String?, Int, String)])
  func samples(lines: [String], condition: String, key: String?, count: Int, within: String) throws {
    let scaffold = try make("group.name", lines.joined(separator: "\n") + "\n")
    #expect(scaffold.condition == condition && scaffold.key == key)
    #expect(scaffold.threshold == (count, within))
    #expect(scaffold.files.last?.path == "group/name.sample.log")
    try expectUsable(scaffold)
  }

  @Test("A long sample is cut at a line's end") func long() throws {
    let line = "{\"level\":\"error\",\"service\":\"a\",\"msg\":\"\(String(repeating: "x", count: 1000))\"}\n"
    let scaffold = try make("long", String(repeating: line, count: 200))
    let sample = try #require(scaffold.files.last)
    #expect(sample.text.count <= RuleScaffold.sampleLimitBytes && sample.text.last == UInt8(ascii: "\n"))
  }

  @Test(
    "What can't be a rule's id, or a sample, is refused with a reason", arguments: ["", "a..b", "../x", "a b", "ä"])
  func refused(id: String) throws {
    #expect(throws: RuleScaffold.Failure.self) { try make(id, nil) }
    #expect(throws: RuleScaffold.Failure.self) { try make("ok", "") }
    #expect(throws: RuleScaffold.Failure.self) { try make("ok", String(repeating: "x", count: 70_000)) }
  }
}
