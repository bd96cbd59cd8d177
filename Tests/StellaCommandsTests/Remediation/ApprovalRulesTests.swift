import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands
@testable import StellaConfiguration

@Suite("Policies from stella.yaml")
struct ApprovalRulesTests {
  func rules(_ text: String) throws -> ApprovalRules {
    try ApprovalRules(
      Configuration.parse(
        text, file: "stella.yaml",
        environment: [
          "GITHUB_SECRET": "correct-horse", "SLACK_URL": "https://hooks.example/x", "PAGER_SECRET": "correct-horse",
          "MAIL_PASSWORD": "correct-horse", "AM_TOKEN": "correct-horse",
        ]))
  }

  @Test("What isn't written has the default, what is written holds")
  func mapping() throws {
    let rules = try rules(
      """
      users:
        mara: { uids: [1000], aliases: [m@x], groups: [sre], roles: [approver, admin] }
        ivo: { roles: [approver], disabled: true }
      groups: { payments: [mara, ivo], empty: [] }
      policies:
        - { name: plain }
        - name: full
          fixes: 'migrate-*'
          targets: [app-db]
          tags: [data]
          approvals: [{ group: sre, count: 2 }]
          total: 3
          four_eyes: [author]
          safe: ask
          decide_by: 8h
          execute_by: 1h
          max_rows: 5
          max_targets: 1
          share_percent: 10
          cooldown: 1h
          attempts: 1
          attempts_within: 2h
          breaker: { count: 9, within: 3h }
          windows: [{ days: [sun], from: "22:00", to: "06:00", tz: "+02:00" }]
          auto_rollback: true
          break_glass: { users: [mara], groups: [sre] }
      """)
    #expect(rules.people["m@x"]?.groups == ["payments", "sre"] && rules.people["mara"]?.roles == [.approver, .admin])
    #expect(rules.people["ivo"]?.isDisabled == true && rules.people.groups == ["empty", "payments", "sre"])
    #expect(rules.people.identity(uid: 1000, osName: nil) == .person(rules.people["mara"]!))
    var plain = Policy.standard
    plain.name = "plain"
    #expect(rules.policies.policies[0] == plain)
    var full = Policy(name: "full")
    full.match = Policy.Match(fixes: ["migrate-*"], targets: ["app-db"], tags: ["data"])
    full.needs = [Policy.Need(group: "sre", count: 2)]
    full.total = 3
    full.fourEyes = Policy.FourEyes(barsRequester: false, barsEditors: false, barsAuthor: true)
    full.runsSafeAtOnce = false
    full.decideWithin = 8 * Policy.hour
    full.executeWithin = Policy.hour
    full.limits = Policy.Limits(rows: 5, targets: 1, sharePercent: 10)
    full.cooldown = Policy.hour
    full.attempts = Policy.Rate(count: 1, within: 2 * Policy.hour)
    full.breaker = Policy.Rate(count: 9, within: 3 * Policy.hour)
    full.windows = [[MaintenanceWindow(days: [.sunday], start: 1320, end: 360, offset: 120)]]
    full.rollsBackByItself = true
    full.breakGlass = Policy.BreakGlass(users: ["mara"], groups: ["sre"])
    #expect(rules.policies.policies[1] == full)
  }

  @Test("A window's time zone is one that this machine knows; another is refused with its place and an example")
  func zones() throws {
    func window(_ zone: String) throws -> MaintenanceWindow? {
      try rules("policies: [{ name: a, windows: [{ from: \"22:00\", to: \"06:00\", tz: \(zone) }] }]")
        .policies.policies.first?.windows.first?.first
    }
    let berlin = try #require(try window("Europe/Berlin"))
    let summer = try #require(Timestamp.parse("2026-07-10T20:30:00Z"))
    let winter = try #require(Timestamp.parse("2026-01-10T20:30:00Z"))
    #expect(berlin.closes(after: summer) != nil && berlin.closes(after: winter) == nil)
    #expect(try window("UTC")?.closes(after: summer) == nil)
    for name in ["Europe/Berlim", "../../etc/passwd", "CEST"] {
      let error = #expect(throws: ConfigurationError.self) { try window(name) }
      #expect(error?.problems.first?.message.contains("`\(name)` is no time zone that this machine knows") == true)
    }
  }

  @Test(
    "One uid, login name or alias for two people is refused with the place of one and the names of both",
    arguments: ["uids: [7]", "os_names: [x]", "aliases: [x]"])
  func shared(key: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try rules("users:\n  mara: { \(key) }\n  ivo: { \(key) }\n")
    }
    #expect(error?.problems.count == 1 && error?.problems.first?.place.line == 3)
    #expect(error?.problems.first?.message.contains("belongs to mara and ivo") == true)
  }

  @Test("A policy that nobody can satisfy is found with its place; the default policy too, where it can come to hold")
  func unsatisfiable() throws {
    let rules = try rules(
      "users: { mara: { roles: [approver] } }\ngroups: { sre: [mara] }\npolicies:\n"
        + "  - { name: two, targets: [x], approvals: [{ group: sre, count: 2 }] }\n"
        + "  - { name: one, fixes: [y], four_eyes: [] }\n")
    let found = rules.unsatisfiable
    try #require(found.map(\.place?.line) == [4, nil])
    #expect(found.map(\.problem.severity) == [.error, .warning])
    #expect(found[0].problem.message.contains("policy `two`") && found[1].problem.message.contains("`default`"))
    #expect(try self.rules("").unsatisfiable.map(\.problem.severity) == [.error])
    let all = "users: { mara: { roles: [approver] } }\npolicies: [{ name: all, four_eyes: [] }]\n"
    #expect(try self.rules(all).unsatisfiable.isEmpty)
  }

  @Test("Defaults on the reference page are those of the default policy")
  func defaults() throws {
    func written(_ keys: [ConfigurationKey]) -> String {
      keys.compactMap { key in
        if let inner = key.kind.keys { return key.name == "breaker" ? "breaker: { \(written(inner)) }" : nil }
        return key.standard.map { "\(key.name): \($0)" }
      }.joined(separator: ", ")
    }
    let text = "policies: [{ name: default, \(written(ConfigurationSchema.policy)) }]"
    var standard = Policy.standard
    standard.total = 1
    #expect(try rules(text).policies.policies == [standard], "\(text)")
  }

  @Test("The reference's example is a configuration whose rules can be made")
  func example() throws {
    #expect(try rules(ConfigurationReference.example()).policies.policies.count == 1)
  }
}
