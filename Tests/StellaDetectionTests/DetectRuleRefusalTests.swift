import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection

@Suite struct DetectRuleRefusalTests {
  private func errors(_ text: String) -> [RuleError] {
    let set = RuleSet(sources: [RuleSource(file: "r.lua", text: Array(text.utf8))], fields: FieldRegister())
    return set.refusals.flatMap(\.errors)
  }

  private func rule(_ conditions: String, severity: String = "high") -> String {
    """
    return rule {
      api = 1, id = "a.b", title = "T", severity = "\(severity)",
      \(conditions)
      by = { "service" }, threshold = { count = 3, within = "1m" },
    }
    """
  }

  @Test(arguments: [
    ("where = [[status ==]],", 3), ("where = [[\n    status ==]],", 4), ("where = [==[\r\n\nstatus ==]==],", 5),
    ("where =\n    \"status ==\",", 4), ("where = 'true', resolve_when = [[\nstatus ==]],", 4),
    ("title2 = nil, where = [[\nstatus == 5 and\n  level ==]],", 5),
  ])
  func `An error in a condition has the line that it stands on`(conditions: String, line: Int) {
    let found = errors(rule(conditions))
    #expect(found.map(\.code) == ["rule.condition"])
    #expect(found.map(\.line) == [line], "\(found)")
  }

  @Test func `Errors in conditions are told together with those of the other keys`() {
    let found = errors(rule("where = [[status ==]], resolve_when = [[and]], every = \"1m\",", severity: "hihg"))
    #expect(found.count(where: { $0.code == "rule.condition" }) == 2)
    #expect(found.contains { $0.code == "rule.wrong_type" && $0.line == 2 })
    #expect(found.contains { $0.message.contains("every without check") })
    let missing = errors(rule("resolve_when = [[and]],"))
    #expect(missing.map(\.code).sorted() == ["rule.condition", "rule.missing_key"])
  }
}
