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
}
