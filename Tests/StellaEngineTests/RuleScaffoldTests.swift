import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("The beginning of a rule") struct RuleScaffoldTests {
  private func make(_ id: String, _ sample: String?, where condition: String? = nil) throws -> RuleScaffold {
    let sample = sample.map { Array($0.utf8) }
    return try EngineThread.run { try RuleScaffold(id: id, sample: sample, condition: condition) }
  }

  private static func lines(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

  private static func line(_ second: Int, _ members: String) -> String {
    let time = "2026-01-01T00:\(second / 600)\(second / 60 % 10):\(second / 10 % 6)\(second % 10)Z"
    return "{\"time\":\"\(time)\",\(members)}"
  }

  private static let quiet = (0..<20).map { line($0 * 3, #""level":"info","service":"shop","msg":"served""#) }

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
    #expect(scaffold.condition == "level >= error" && scaffold.key == ["service"])
    try expectUsable(scaffold)
  }

  private struct Case: Sendable {
    let lines: [String]
    let condition: String
    let key: [String]
    let count: Int
    let within: String
  }

  private static let cases: [Case] = [
    Case(
      lines: quiet + (0..<12).map { line(10 + $0, #""level":"error","service":"shop","msg":"no""#) },
      condition: "level >= error", key: ["service"], count: 10, within: "1m"),
    Case(
      lines: (0..<4).map { "10.0.0.\($0 / 3) - - [01/Jan/2026:00:00:0\($0) +0000] \"GET /a?x=\($0) HTTP/1.1\" 503 17" },
      condition: "status >= 500 and route ~= nil", key: ["route"], count: 3, within: "1m"),
    // One user fails again and again, which says more than a single error.
    Case(
      lines: quiet
        + (0..<9).map { line(70 + $0, #""level":"info","msg":"login","userId":"ana","outcome":"failure""#) }
        + (0..<9).map { line(80 + $0, #""level":"info","msg":"login","userId":"u\#($0)","outcome":"success""#) }
        + [line(99, #""level":"error","service":"shop","msg":"once""#)],
      condition: #"outcome == "failure" and user_id ~= nil"#, key: ["user_id"], count: 5, within: "1m"),
    Case(
      lines: (0..<20).map { line($0, #""service":"shop","route":"/a","status":200,"duration_ms":\#(20 + $0)"#) }
        + (0..<4).map { line(30 + $0, #""service":"shop","route":"/pay","status":200,"duration_ms":\#(2500 + $0)"#) },
      condition: "duration_ms >= 2000 and route ~= nil", key: ["service", "route"], count: 3, within: "1m"),
    // Without levels and fields the words have to say it.
    Case(
      lines: ["all is well", "payment failed for order 7", "payment failed for order 8", "all is well again"],
      condition: #"contains(message, "failed for order")"#, key: [], count: 2, within: "1m"),
    // The log's own name for what tells troubles apart.
    Case(
      lines: (0..<6).map { line($0, #""level":"error","msg":"no","queue":"mail""#) }
        + (0..<6).map { line($0, #""level":"info","msg":"yes","queue":"mail""#) },
      condition: "level >= error and queue ~= nil", key: ["queue"], count: 5, within: "1m"),
    // Many users from one address, each once.
    Case(
      lines: (0..<8).map { line($0, #""msg":"x","event":"login_failed","src_ip":"203.0.113.9","user":"u\#($0)""#) },
      condition: #"event == "login_failed" and src_ip ~= nil and user ~= nil"#, key: ["src_ip"], count: 5, within: "1m"),
  ]

  @Test("With a sample it looks for what is wrong in it, and its tests pass", arguments: cases.indices)
  func samples(number: Int) throws {
    let expected = Self.cases[number]
    let scaffold = try make("group.name", Self.lines(expected.lines))
    #expect(scaffold.condition == expected.condition)
    #expect(scaffold.key == expected.key)
    #expect(scaffold.threshold == (expected.count, expected.within))
    #expect(scaffold.files[2].path == "group/name.sample.log")
    try expectUsable(scaffold)
  }

  @Test("The lines that are not the trouble are kept as those that must stay quiet")
  func benign() throws {
    let scaffold = try make("name", Self.lines(Self.cases[0].lines))
    let quiet = try #require(scaffold.files.last)
    #expect(quiet.path == "name.quiet.log" && String(decoding: quiet.text, as: UTF8.self) == Self.lines(Self.quiet))
    #expect(scaffold.finding == "12 of 32 lines are errors, all with service shop")
  }

  @Test("Of a long log all is looked at, and a part is kept in which the trouble is densest")
  func longLog() throws {
    var lines = (0..<4000).map { second in
      let stamp = Timestamp.text((1_780_000_000 + Int64(second)) * Timestamp.second)
      return #"{"time":"\#(stamp)","level":"info","service":"shop","msg":"all is well","n":\#(second)}"#
    }
    let wrong = { (second: Int) in lines[second].replacing("info", with: "error").replacing("all is well", with: "no") }
    for second in [500, 1500, 2500] + Array(3900..<3912) { lines[second] = wrong(second) }
    let scaffold = try make("late", Self.lines(lines))
    #expect(scaffold.finding == "15 of 4000 lines are errors, all with service shop")
    #expect(scaffold.condition == "level >= error" && scaffold.threshold == (10, "1m"))
    let sample = try #require(scaffold.files.first { $0.path == "late.sample.log" })
    #expect(sample.text.count <= RuleScaffold.sampleLimitBytes && sample.text.count > RuleScaffold.sampleLimitBytes / 2)
    let kept = String(decoding: sample.text, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(kept.count { $0.contains("error") } == 15 && kept == lines.filter(Set(kept).contains))
    try expectUsable(scaffold)
  }

  @Test("What a condition reads inside of objects stands in the tests' events as well")
  func nested() throws {
    let lines = (0..<40).map { second in
      let code = second % 4 == 0 ? "E" : "I"
      return #"{"time":"2026-01-01T00:00:\#(second + 10)Z","meta":{"sev":"\#(code)"},"what":"quota exceeded now"}"#
    }
    let scaffold = try make("quota", Self.lines(lines), where: #"meta.sev == "E""#)
    #expect(scaffold.key == [])
    let tests = try #require(scaffold.files.first { $0.path == "quota_test.lua" })
    #expect(String(decoding: tests.text, as: UTF8.self).contains(#"t:feed { meta = { sev = "E" } }"#))
    try expectUsable(scaffold)
  }

  @Test("A sample with lines that are no events makes a rule that can be used")
  func damaged() throws {
    let lines = Self.cases[0].lines
    let torn = #"{"time":"2026-01-01T00:00:01Z","level":"info","msg":"cut off in the mid"#
    let scaffold = try make("name", Self.lines([lines[0], torn, ""] + lines.dropFirst()))
    #expect(scaffold.condition == "level >= error")
    try expectUsable(scaffold)
  }

  @Test("A sample that tells of no trouble is refused with what was looked for and how to go on")
  func untroubled() throws {
    for lines in [["something happened"], ["level=info msg=hello user=ana"], Self.quiet] {
      let failure = #expect(throws: RuleScaffold.Failure.self) { try make("ok", Self.lines(lines)) }
      let message = failure?.message ?? ""
      #expect(message.contains("level of error") && message.contains("status of 500") && message.contains("--where"))
    }
  }

  @Test("What somebody says is the trouble is taken for it")
  func named() throws {
    let lines = Self.lines(
      Self.quiet + [70, 71].map { Self.line($0, #""level":"info","service":"shop","msg":"odd""#) })
    let scaffold = try make("odd", lines, where: "message == \"odd\"")
    #expect(scaffold.condition == "message == \"odd\"" && scaffold.key == ["service"])
    try expectUsable(scaffold)
    let none = #expect(throws: RuleScaffold.Failure.self) { try make("odd", lines, where: "message == \"other\"") }
    #expect(none?.message.contains("none of its 22 lines") == true && none?.message.contains("service") == true)
    let wrong = #expect(throws: RuleScaffold.Failure.self) { try make("odd", lines, where: "message ==") }
    #expect(wrong?.message.hasPrefix("--where, column") == true)
  }

  @Test("A long sample is cut at a line's end") func long() throws {
    let line = "{\"level\":\"error\",\"service\":\"a\",\"msg\":\"\(String(repeating: "x", count: 1000))\"}\n"
    let scaffold = try make("long", String(repeating: line, count: 200))
    let sample = try #require(scaffold.files.first { $0.path == "long.sample.log" })
    #expect(sample.text.count <= RuleScaffold.sampleLimitBytes && sample.text.last == UInt8(ascii: "\n"))
  }

  @Test(
    "What can't be a rule's id, or a sample, is refused with a reason", arguments: ["", "a..b", "../x", "a b", "ä"])
  func refused(id: String) throws {
    #expect(throws: RuleScaffold.Failure.self) { try make(id, nil) }
    #expect(throws: RuleScaffold.Failure.self) { try make("ok", "") }
    #expect(throws: RuleScaffold.Failure.self) { try make("ok", String(repeating: "x", count: 70_000)) }
  }

  @Test("A condition that holds for no line says which of its fields none has, and what was meant")
  func unseen() throws {
    let lines = Self.lines(Self.quiet)
    let none = #expect(throws: RuleScaffold.Failure.self) { try make("odd", lines, where: "servise == \"a\"") }
    let said = none?.message ?? ""
    #expect(said.contains("lines; no event has had servise; did you mean service? beside level"), "\(said)")
  }
}
