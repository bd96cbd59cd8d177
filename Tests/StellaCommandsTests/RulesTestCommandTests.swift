import Foundation
import Testing

@Suite("stella rules test")
struct RulesTestCommandTests {
  let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write(
      "Rules/slow.lua",
      """
      return rule {
        api = 1, id = "test.slow", title = "Slow", severity = "low", where = [[duration_ms ~= nil]],
        on = function(e, s)
          if e.duration_ms > 100 then
            return alert { value = e.duration_ms }
          end
          if e.duration_ms < 0 then
            s.odd = true
            s.seen = e.time
          end
        end,
      }

      """)
    try directory.write(
      "Rules/slow_test.lua",
      """
      test("slow ones fire", function(t)
        t:feed { duration_ms = 200 }
        t:expect { fires = 1 }
      end)

      """)
  }

  private func run(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    let process = try directory.stella(["rules", "test"] + arguments + ["Rules"])
    let status = process.status()
    return (status, process.output, process.errors)
  }

  @Test("--coverage says which lines never ran, of each file and in all")
  func coverage() throws {
    let text = try run("--coverage")
    #expect(text.status == 0 && text.output.contains("2 of 5 lines of Lua ran, 40 %"), "\(text)")
    #expect(text.output.contains("7-9"))
    let json = try run("--coverage", "--output", "json")
    #expect(json.output.contains("\"lines\":5,\"lines_run\":2,\"lines_missed\":[7,8,9]"), "\(json.output)")
    #expect(json.output.contains("{\"kind\":\"coverage_total\",\"lines\":5,\"lines_run\":2}"))
    let plain = try run()
    #expect(plain.status == 0 && !plain.output.contains("of Lua"))
    #expect(try !run("--output", "json").output.contains("lines"))
  }

  @Test("JUnit has the lines as properties of a suite")
  func junit() throws {
    #expect(try run("--coverage", "--junit", "results.xml").status == 0)
    let xml = try String(contentsOfFile: directory("results.xml"), encoding: .utf8)
    #expect(xml.contains("<property name=\"lines Rules/slow.lua\" value=\"2/5\"/>"))
    #expect(xml.contains("<property name=\"missed Rules/slow.lua\" value=\"7-9\"/>"))
    #expect(xml.contains("<property name=\"lines total\" value=\"2/5\"/>"))
  }

  @Test("--strict wants one test that fires and one that stays quiet of each rule")
  func strict() throws {
    let lacking = try run("--strict")
    #expect(lacking.status == 1 && lacking.output.contains("test.slow lacks a test: one that stays quiet"))
    #expect(lacking.output.contains("test.each lacks a test: one that fires and one that stays quiet"))
    #expect(try run().status == 0)
  }

  private func arithmetic() throws {
    try directory.write(
      "Rules/slow.lua",
      """
      return rule {
        api = 1, id = "test.slow", title = "Slow", severity = "low", where = [[duration_ms ~= nil]],
        on = function(e, s)
          return alert { value = e.latency / 2 }
        end,
      }

      """)
  }

  @Test("What a script could not do comes before what is missing because of it, and --strict blames no test for it")
  func scriptError() throws {
    try arithmetic()
    let failed = try run("--strict")
    #expect(failed.status == 1)
    let error = try #require(failed.output.range(of: "the script of test.slow failed: "), "\(failed.output)")
    let missing = try #require(failed.output.range(of: "expected fires = 1, got 0"))
    #expect(error.lowerBound < missing.lowerBound && failed.output.contains("attempt to perform arithmetic"))
    #expect(!failed.output.contains("test.slow lacks a test"))
  }

  @Test("A rule that can't be read is told first, with its line, and its tests say the same")
  func brokenRule() throws {
    try directory.write("Rules/slow.lua", "return rule { id = \"unfinished")
    let broken = try run("--strict")
    #expect(broken.status == 2 && broken.errors.contains("Rules/slow.lua:1: unfinished string"), "\(broken)")
    #expect(broken.output.contains("the rule is refused:") && !broken.output.contains("no rule is under test"))
    #expect(broken.output.contains("unfinished string") && !broken.output.contains("test.slow lacks"))
  }

  @Test("Replay, diff and profile tell of scripts that fail")
  func failingScripts() throws {
    try arithmetic()
    try directory.write("app.log", "{\"time\":\"2026-01-01T00:00:00Z\",\"duration_ms\":5}\n")
    for verb in [["replay", "--rules", "Rules/slow.lua"], ["profile", "--rules", "Rules/slow.lua"]] {
      let process = try directory.stella(["rules"] + verb + ["app.log"])
      #expect(process.status() == 0)
      #expect(process.errors.contains("test.slow failed 1 time: "), "\(verb): \(process.errors)")
    }
    let process = try directory.stella(["rules", "diff", "Rules/slow.lua", "Rules/slow.lua", "app.log"])
    #expect(process.status() == 0)
    #expect(process.errors.split(separator: "\n").count { $0.contains("test.slow failed 1 time") } == 1)
  }
}
