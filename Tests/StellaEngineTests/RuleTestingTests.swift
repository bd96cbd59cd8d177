import StellaEngine
import StellaModel
import StellaTesting
import Testing

@Suite("Rules tested in a host's own suite")
struct RuleTestingTests {
  @Test("Events give the alerts that an embedded engine would tell of")
  func alerts() async throws {
    let rules = ScriptPlace.memory(["errors.lua": EmbeddedEngineTests.rule()])
    let alerts = try await RuleTesting.alerts(rules, over: EmbeddedEngineTests.errors())
    #expect(alerts.map(\.rule) == ["test.errors"] && alerts[0].count == 3)
    #expect(try await RuleTesting.alerts(rules, over: Array(EmbeddedEngineTests.errors().prefix(2))).isEmpty)
    await #expect {
      _ = try await RuleTesting.alerts(.memory(["a.lua": EmbeddedEngineTests.rule(), "b.lua": "x"]), over: [])
    } throws: {
      ($0 as? StellaError)?.code == .rules
    }
  }

  @Test("The tests beside rules are run, and each failure is told with its place")
  func files() async throws {
    let directory = try TemporaryDirectory()
    await #expect { _ = try await RuleTesting.failures(of: directory.path) } throws: {
      ($0 as? StellaError)?.code == .failed
    }
    try directory.write("errors.lua", EmbeddedEngineTests.rule(count: 1))
    try directory.write(
      "errors_test.lua",
      #"""
      local function failure(i) return { level = "error", worker = "w1", message = "it failed" } end
      test("fires", function(t)
        t:feed(failure):times(1):every("1s")
        t:expect { fires = 1 }
      end)
      test("is wrong", function(t)
        t:feed(failure):times(1):every("1s")
        t:expect { fires = 2 }
      end)
      """#)
    let failures = try await RuleTesting.failures(of: directory.path)
    #expect(failures.count == 1 && failures[0].contains("errors_test.lua:") && failures[0].contains("is wrong"))
  }
}
