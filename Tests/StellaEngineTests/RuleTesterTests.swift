import Foundation
import StellaModel
import Testing

@testable import StellaEngine

@Suite(.serialized) struct RuleTesterTests {
  private static let rule = """
    local p = params { count = 3 }
    return rule {
      api = 1, id = "demo.errors", title = "Errors", severity = "high", where = [[level == error]], by = { "service" },
      threshold = { count = p.count, within = "1m" },
    }
    """

  /// Runs a test text beside the rule above.
  private func run(
    _ test: String, rule: String = RuleTesterTests.rule, strict: [String: [String: FieldValue]] = [:],
    coversLines: Bool = false
  ) throws -> RuleTestReport {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-rules-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try rule.write(to: folder.appending(path: "demo.lua"), atomically: true, encoding: .utf8)
    try test.write(to: folder.appending(path: "demo_test.lua"), atomically: true, encoding: .utf8)
    return try RuleTester.run(paths: [folder.path], .init(parameters: strict, coversLines: coversLines))
  }

  @Test func aCaseThatHoldsPassesAndCountsTowardsCoverage() throws {
    let report = try run(
      """
      test("three fire", function(t)
        t:feed { level = "error", service = "shop" }:times(3):every("5s")
        t:expect { fires = 1, severity = "high", where = { service = "shop" }, count = 3 }
      end)
      test("two stay quiet", function(t)
        t:feed { level = "error", service = "shop" }:times(2):every("5s")
        t:expect_quiet()
      end)
      """)
    #expect(report.errors.isEmpty && report.failures == 0 && report.cases.count == 2)
    #expect(report.coverage.map(\.rule) == ["demo.errors"] && report.coverage.allSatisfy(\.isComplete))
  }

  @Test("Lines of a rule's functions that no test runs are told, and only when somebody asks") func lines() throws {
    let rule = """
      local function either(field)
        return field .. " ~= nil"
      end
      local function worst(e)
        return e.duration_ms > 100
      end
      return rule {
        api = 1, id = "demo.lua", title = "Slow", severity = "low", where = either("duration_ms"),
        on = function(e, s)
          if worst(e) then
            return alert { value = e.duration_ms }
          elseif e.duration_ms < 0 then
            s.odd = true
          end
        end,
      }
      """
    let test = """
      test("slow ones fire", function(t)
        t:feed { duration_ms = 200 }
        t:expect { fires = 1 }
      end)
      test("quick ones don't", function(t)
        t:feed { duration_ms = 20 }
        t:expect_quiet()
      end)
      """
    let asked = try run(test, rule: rule, coversLines: true)
    let lines = try #require(asked.coverage.first?.lines)
    #expect(asked.failures == 0 && lines.executable == [2, 5, 10, 11, 12, 13] && lines.missed == [13])
    #expect(asked.totalLines?.run == 5 && asked.totalLines?.executable == 6)
    let plain = try run(test, rule: rule)
    #expect(
      plain.coverage.first?.lines == nil && plain.totalLines == nil
        && plain.cases.map(\.passed) == asked.cases.map(\.passed))
  }

  @Test("However many threads run the tests, the report is the same") func threads() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-rules-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for number in 0..<12 {
      let rule = Self.rule.replacing("demo.errors", with: "demo.errors-\(number)")
      try rule.write(to: folder.appending(path: "demo\(number).lua"), atomically: true, encoding: .utf8)
      let test = """
        test("three fire", function(t)
          t:feed { level = "error", service = "shop" }:times(\(number % 4 + 1)):every("5s")
          t:expect { fires = 1 }
        end)
        """
      try test.write(to: folder.appending(path: "demo\(number)_test.lua"), atomically: true, encoding: .utf8)
    }
    try "nonsense(".write(to: folder.appending(path: "bad_test.lua"), atomically: true, encoding: .utf8)
    let reports = try [1, 2, 5].map { try RuleTester.run(paths: [folder.path], .init(coversLines: true, workers: $0)) }
    #expect(reports[0].failures == 6 && reports[0].errors.count == 1 && reports[0].coverage.count == 12)
    for report in reports {
      #expect(report.cases == reports[0].cases && report.errors == reports[0].errors)
      #expect(report.coverage == reports[0].coverage)
    }
  }

  @Test func aFailureNamesItsLineWhatWasExpectedAndWhatFired() throws {
    let report = try run(
      """
      test("wrong", function(t)
        t:feed { level = "error", service = "shop" }:times(5):every("5s")
        t:expect {
          fires = 2, where = { service = "shop" } }
      end)
      """)
    let failure = try #require(report.cases.first)
    #expect(!failure.passed && failure.line == 3 && failure.name == "wrong")
    let message = try #require(failure.message)
    #expect(message.contains("expected fires = 2, got 1") && message.contains("demo.errors high {service = \"shop\"}"))
    #expect(!report.coverage[0].hasFiringTest)
  }

  @Test func aCaseThatExpectsNothingFails() throws {
    let report = try run("test(\"nothing\", function(t) t:feed { level = \"error\" } end)")
    #expect(report.failures == 1 && report.cases[0].message?.contains("expects nothing") == true)
  }

  @Test func parametersOfTheConfigurationAndOfTheCaseAreInForce() throws {
    let test = """
      test("two are enough", function(t)
        t:feed { level = "error", service = "shop" }:times(2)
        t:expect { fires = 1 }
      end)
      test("one is enough here", function(t)
        t:params { count = 1 }
        t:feed { level = "error", service = "shop" }
        t:expect { fires = 1 }
      end)
      """
    let report = try run(test, strict: ["demo.errors": ["count": .integer(2)]])
    #expect(report.failures == 0 && report.cases.count == 2)
  }

  @Test func timersRunAsTheClockAdvances() throws {
    let report = try run(
      """
      test("it resolves", function(t)
        t:feed { level = "error", service = "shop" }:times(3)
        t:expect { fires = 1, resolved = 0 }
        t:advance("59s")
        t:expect { resolved = 0 }
        t:advance("2m")
        t:expect { fires = 1, resolved = 1 }
      end)
      """)
    #expect(report.failures == 0, "\(report.cases)")
  }

  @Test func aScriptThatFailsFailsTheCase() throws {
    let rule = """
      return rule { api = 1, id = "demo.broken", title = "Broken", severity = "low", where = "true",
        on = function(e, s) return alert { value = e.missing.field } end }
      """
    let report = try run("test(\"quiet\", function(t) t:feed { a = 1 } t:expect_quiet() end)", rule: rule)
    #expect(report.failures == 1 && report.cases[0].message?.contains("demo.lua:2") == true, "\(report.cases)")
  }

  @Test func brokenFilesAreErrorsWithTheirPlace() throws {
    let report = try run("test(\"open\", function(t)\n  t:expect_quiet(\n")
    #expect(report.errors.count == 1 && report.errors[0].line >= 2)
    let refused = try run("test(\"x\", function(t) t:expect_quiet() end)", rule: "return rule { api = 1 }")
    #expect(refused.errors.contains { $0.code == "rule.missing_key" })
  }

  @Test func fixturesLieBesideTheTestAndNowhereElse() throws {
    let report = try run(
      """
      test("outside", function(t)
        t:replay "../secret.log"
        t:expect_quiet()
      end)
      test("text", function(t)
        t:replay { text = '{"time":"2026-01-01T00:00:00Z","level":"error","service":"a"}\\n', format = "json" }
        t:expect_quiet()
      end)
      """)
    #expect(report.cases.map(\.passed) == [false, true])
    #expect(report.cases[0].message?.contains("beside its test") == true)
  }

  @Test(
    "What is wrong with a test file is said as if nothing stood around it",
    arguments: [
      ("x = ", 1, "near <eof>"), ("test(\"a\", function(t)\n  local n = \nend)", 3, "near 'end'"),
      ("end", 1, "near 'end'"), ("test(\"a\", function(t) t:expect_quiet() end)\nreturn 5", 0, "tests return nothing"),
    ])
  func syntax(test: String, line: Int, said: String) throws {
    let report = try run(test)
    let error = try #require(report.errors.first)
    #expect(error.message.contains(said) && error.line == line && !error.message.contains("stella_"), "\(error)")
    #expect(!error.message.contains("near 'return'"))
  }

  @Test("A misspelt method of the test language comes with the one that was meant, another with what there is")
  func methods() throws {
    let report = try run(
      """
      test("a", function(t)
        t:fed { level = "error" }
      end)
      test("b", function(t)
        t:feed { level = "error" }:tims(3)
      end)
      test("c", function(t)
        t:somersault()
      end)
      """)
    #expect(report.cases[0].message?.hasSuffix("(method 'fed'); did you mean feed?") == true, "\(report.cases)")
    #expect(report.cases[1].message?.hasSuffix("did you mean times?") == true, "\(report.cases)")
    #expect(report.cases[2].message?.contains("; there are use, params, feed, at") == true, "\(report.cases)")
    #expect(report.cases.map(\.line) == [2, 5, 8])
  }
}
