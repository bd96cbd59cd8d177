import Foundation
import StellaModel
import Testing

@testable import StellaEngine

@Suite(.serialized) struct ShippedRulesTests {
  @Test func everyRulePassesItsTestsAndIsTestedBothWays() throws {
    let report = try RuleTester.run(paths: [CorpusFolder.rules])
    for error in report.errors { Issue.record("\(error)") }
    for test in report.cases where !test.passed {
      Issue.record("\(test.file):\(test.line): \(test.name): \(test.message ?? "")")
    }
    for rule in report.coverage where !rule.isComplete {
      Issue.record("\(rule.rule) has a firing test: \(rule.hasFiringTest), a quiet one: \(rule.hasQuietTest)")
    }
    #expect(report.coverage.count >= 20)
  }

  private func sample(_ name: String) throws -> [Alert] {
    try CorpusRun.fired([.init(bytes: Array(try CorpusFolder.sample(name)), year: 2026)])[0]
  }

  private func truth(_ name: String) throws -> [[String: Any]] {
    let all = try JSONSerialization.jsonObject(with: try CorpusFolder.sample("truth.json")) as? [String: Any]
    return all?[name] as? [[String: Any]] ?? []
  }

  @Test func theTroubleInTheSampleServiceLogIsFoundAndNothingElse() throws {
    let alerts = try sample("service.jsonl")
    let incidents = try truth("service.jsonl")
    let routes = Set(incidents.compactMap { $0["route"] as? String } + ["/api/v1/payments"])
    let users = Set(incidents.compactMap { $0["user_id"] as? String })
    let addresses = Set(incidents.flatMap { $0["src_ip"] as? [String] ?? [] })
    let rules = Set(alerts.map(\.rule))
    #expect(
      rules.isSuperset(of: [
        "friction.user-keeps-failing", "performance.latency-degraded", "errors.spike", "security.failed-logins-spread",
      ]))
    let friction = try #require(alerts.first { $0.rule == "friction.user-keeps-failing" })
    #expect(Set(friction.affectedUsers) == users)
    let spread = alerts.filter { $0.rule == "security.failed-logins-spread" }
    #expect(CorpusRun.addresses(spread) == addresses)
    for alert in alerts where alert.severity.isAboveLow {
      let key = alert.key.compactMap { if case .string(let text) = $0.value { text } else { nil } }
      let isKnown =
        key.contains { routes.contains($0) || users.contains($0) || addresses.contains($0) }
        || key.contains("DatabaseConnectionError")
        // The failing payments are also what burns the budget of their service.
        || (alert.rule == "errors.budget-burn" && key == ["payments"])
      #expect(isKnown, "\(alert.rule): \(alert.summary)")
    }
  }

  @Test func theAttackInTheSampleOfSshdIsFoundAndNothingElse() throws {
    let alerts = try sample("sshd.log")
    #expect(Set(alerts.map(\.rule)).isSuperset(of: ["security.ssh-brute-force", "security.ssh-brute-force-success"]))
    let success = try #require(alerts.first { $0.rule == "security.ssh-brute-force-success" })
    #expect(success.severity == .critical && success.affectedUsers == ["deploy"])
    #expect(CorpusRun.addresses(alerts.filter(\.severity.isAboveLow)) == ["203.0.113.77"])
  }

  @Test func theScannersInTheSampleOfNginxAreFoundAndNobodyElse() throws {
    let alerts = try sample("nginx-access.log")
    #expect(Set(alerts.map(\.rule)).isSuperset(of: ["security.web-scanner", "security.web-path-traversal"]))
    #expect(CorpusRun.addresses(alerts.filter(\.severity.isAboveLow)) == ["198.51.100.23", "2001:db8:bad::1f"])
  }
}
