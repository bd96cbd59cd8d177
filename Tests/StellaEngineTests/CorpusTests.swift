import Foundation
import StellaModel
import Testing

@testable import StellaEngine

/// The shipped rules on logs that other projects labelled. The floors are what was reached when they were written; they
/// may only rise.
@Suite(.serialized) struct CorpusTests {
  @Test func sshAndWebCasesOfCrowdSecNameTheSameSources() throws {
    guard let data = try CorpusFolder.corpus("crowdsec/cases.jsonl") else { return }
    let web: Set = ["nginx", "apache2", "traefik", "containerd", "bunkerweb", "upsun-httplog"]
    let cases = try CorpusFolder.objects(data).filter { item in
      guard item["kind"] as? String == "scenario", item["needs_external_data"] as? Bool != true,
        let lines = item["lines"] as? [String]
      else { return false }
      return web.contains(item["log_type"] as? String ?? "") || lines.contains { $0.contains("sshd") }
    }
    let logs = cases.map {
      CorpusRun.Log(bytes: Array((($0["lines"] as? [String] ?? []).joined(separator: "\n") + "\n").utf8))
    }
    let results = try CorpusRun.fired(logs)
    var agreed = 0
    for (item, alerts) in zip(cases, results) {
      var wanted: Set<String> = []
      for expectation in item["expect"] as? [[String: Any]] ?? [] {
        for source in expectation["sources"] as? [[String]] ?? [] where source.count == 2 { wanted.insert(source[1]) }
      }
      let found = CorpusRun.addresses(alerts)
      if found == wanted {
        agreed += 1
      } else {
        print("crowdsec \(item["name"] ?? ""): wanted \(wanted.sorted()), found \(found.sorted())")
      }
    }
    print("crowdsec: \(agreed) of \(cases.count) ssh and web cases")
    #expect(cases.count >= 30)
    #expect(Double(agreed) >= 0.84 * Double(cases.count))
  }

  @Test func sshBruteForceFindsWhomFail2banBans() throws {
    guard let log = try CorpusFolder.corpus("bruteforce/OpenSSH_2k.log"),
      let list = try CorpusFolder.corpus("bruteforce/fail2ban_openssh_2k.txt")
    else { return }
    let banned = Set(
      String(decoding: list, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line -> String? in
        let words = line.split(separator: " ")
        return words.count == 3 ? String(words[1]) : nil
      })
    let alerts = try CorpusRun.fired([.init(bytes: Array(log), year: 2024)])[0]
    let found = CorpusRun.addresses(alerts)
    let right = found.intersection(banned).count
    print("brute force: \(right) of \(banned.count) found, \(found.count - right) others")
    #expect(right == banned.count)
    #expect(found.count - right == 0)
  }

  @Test func requestsOfTheCoreRuleSetAreToldApart() throws {
    guard let data = try CorpusFolder.corpus("crs/cases.jsonl") else { return }
    let cases = try CorpusFolder.objects(data)
    var text = ""
    for (number, item) in cases.enumerated() {
      func field(_ name: String) -> String {
        guard let value = item[name] as? String else { return "-" }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      }
      let version = (item["version"] as? String).map { " " + $0 } ?? ""
      text +=
        "10.1.\(number / 250).\(number % 250 + 1) - - [01/Jan/2026:00:00:00 +0000] "
        + "\"\(field("method")) \(field("uri"))\(version)\" 200 12 \"\(field("referer"))\" \"\(field("user_agent"))\"\n"
    }
    let found = CorpusRun.addresses(try CorpusRun.fired([.init(bytes: Array(text.utf8), format: .combined)])[0])
    var (attacks, hits, benign, alarms) = (0, 0, 0, 0)
    for (number, item) in cases.enumerated() {
      let isFound = found.contains("10.1.\(number / 250).\(number % 250 + 1)")
      if (item["expect_ids"] as? [Any])?.isEmpty == false {
        attacks += 1
        hits += isFound ? 1 : 0
      } else {
        benign += 1
        alarms += isFound ? 1 : 0
      }
    }
    print("core rule set: \(hits) of \(attacks) attacks found, \(alarms) of \(benign) harmless requests reported")
    #expect(Double(hits) >= 0.92 * Double(attacks))
    #expect(Double(alarms) <= 0.05 * Double(benign))
  }

  @Test(
    arguments: ["apache_access.log", "HealthApp_first10000.log", "kafka0/server.log"]
      + (16...23).map { "kafka0/server.log.2016-12-19-\($0)" })
  func ordinaryLogsStayQuiet(name: String) throws {
    guard let log = try CorpusFolder.corpus("benign/\(name)") else { return }
    let alerts = try CorpusRun.fired([.init(bytes: Array(log), year: 2016)])[0]
    for alert in alerts where alert.severity.isAboveLow { Issue.record("\(name): \(alert.rule): \(alert.summary)") }
    print("benign \(name): \(alerts.count) alerts at severity low")
  }
}
