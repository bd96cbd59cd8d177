import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Users, groups and policies in stella.yaml")
struct ApprovalsConfigurationTests {
  func problems(_ text: String) -> [ConfigurationError.Problem] {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "stella.yaml") }
    return error?.problems ?? []
  }

  @Test("Every key reaches its place")
  func everything() throws {
    let configuration = try Configuration.parse(
      """
      fixes: Fixes
      users:
        mara: { uids: [1000, 2000], os_names: mara, aliases: mara@example.org, groups: [sre], roles: [approver, admin] }
        ivo: { disabled: true }
      groups: { payments: [ivo, mara], empty: [] }
      policies:
        - name: prod-data
          fixes: 'migrate-*'
          targets: [app-db]
          tags: [data]
          approvals: [{ group: sre, count: 2 }, { group: payments }]
          total: 4
          four_eyes: [author]
          safe: ask
          decide_by: 8h
          execute_by: 1h
          max_rows: 500
          max_targets: 2
          share_percent: 10
          cooldown: 30m
          attempts: 2
          attempts_within: 12h
          breaker: { count: 5, within: 2h }
          windows: [{ days: [sat, sun], from: "22:00", to: "06:30", tz: "-05:30" }, { from: "00:00", to: "00:00", tz: Europe/Berlin }]
          auto_rollback: true
          break_glass: { users: [mara], groups: [empty] }
        - name: plain
          four_eyes: []
      log:
        anchors: [a.anchor, /mnt/b.anchor, "file:c:d", "git:audit", "https://t0ken@audit.internal/stella?zone=eu"]
        anchor_timeout: 3s
        anchor_ca_file: ca.pem
        hold_after: 2h
        quota: 4GiB
      retention: { alerts: 7d, log: 30d, health: 14d }
      """, file: "/etc/stella/stella.yaml")
    #expect(configuration.fixes == ["/etc/stella/Fixes"])
    let service = try #require(HTTPAddress("https://audit.internal/stella?zone=eu"))
    #expect(
      configuration.log.anchors == [
        .file("/etc/stella/a.anchor"), .file("/mnt/b.anchor"), .file("/etc/stella/c:d"), .git("/etc/stella/audit"),
        .http(service, authorization: ConcealedText("t0ken")),
      ])
    #expect(!"\(configuration.log)".contains("t0ken"))
    #expect(configuration.log.anchorTimeout == .seconds(3) && configuration.log.anchorCAFile == "/etc/stella/ca.pem")
    #expect(configuration.log.holdAfter == .seconds(7200) && configuration.log.quota == 4 << 30)
    #expect(configuration.retention.alerts == .seconds(7 * 86_400))
    #expect(configuration.retention.log == .seconds(30 * 86_400))
    #expect(configuration.retention.health == .seconds(14 * 86_400))
    let approvals = configuration.approvals
    let mara = try #require(approvals.users.first)
    #expect(mara.name == "mara" && mara.uids == [1000, 2000] && mara.osNames == ["mara"] && mara.groups == ["sre"])
    #expect(mara.aliases == ["mara@example.org"] && mara.roles == ["approver", "admin"] && !mara.isDisabled)
    #expect(approvals.users[1].isDisabled && approvals.users[1].roles == ["viewer"])
    #expect(approvals.groups.map(\.name) == ["payments", "empty"] && approvals.groups[0].members == ["ivo", "mara"])
    let policy = try #require(approvals.policies.first)
    #expect(policy.fixes == ["migrate-*"] && policy.targets == ["app-db"] && policy.tags == ["data"])
    #expect(policy.needs.map(\.group) == ["sre", "payments"] && policy.needs.map(\.count) == [2, 1])
    #expect(policy.total == 4 && policy.fourEyes == ["author"] && policy.asksForSafe && policy.rollsBackByItself)
    #expect(policy.decideBy == 28_800_000_000_000 && policy.executeBy == 3_600_000_000_000)
    #expect(policy.maxRows == 500 && policy.maxTargets == 2 && policy.sharePercent == 10)
    #expect(policy.cooldown == 1_800_000_000_000 && policy.attempts == 2 && policy.attemptsWithin == 43_200_000_000_000)
    #expect(policy.breakerCount == 5 && policy.breakerWithin == 7_200_000_000_000)
    #expect(policy.windows.map(\.days) == [["sat", "sun"], []] && policy.windows.map(\.start) == [1320, 0])
    #expect(policy.windows.map(\.end) == [390, 0] && policy.windows.map(\.offset) == [-330, 0])
    #expect(policy.windows.map(\.zone?.name) == [nil, "Europe/Berlin"])
    #expect(policy.breakGlass?.users == ["mara"] && policy.breakGlass?.groups == ["empty"])
    #expect(policy.place.description == "/etc/stella/stella.yaml:7:5")
    let plain = approvals.policies[1]
    #expect(plain.fourEyes == [] && plain.breakGlass == nil && plain.needs.isEmpty && plain.decideBy == nil)
  }

  @Test("Without these keys nobody is named and the log has its defaults")
  func nothing() throws {
    let configuration = try Configuration.parse("rules: Rules", file: "stella.yaml")
    #expect(
      configuration.approvals.users.isEmpty && configuration.approvals.policies.isEmpty && configuration.fixes == nil)
    #expect(configuration.log.anchors.isEmpty && configuration.retention.log == .seconds(400 * 86_400))
    #expect(configuration.retention.alerts == .seconds(90 * 86_400) && configuration.log.holdAfter == nil)
  }

  @Test(
    "What can't be is refused with its place and a remedy",
    arguments: [
      ("users: { Mara: {} }", "1:16", "`Mara` can't be the name of a user: use a…z"),
      ("users: { \"m\\u0430ra\": {} }", "1:23", "can't be the name of a user"),
      ("users: { mara: { groups: [SRE] } }", "1:27", "`SRE` can't be the name of a group"),
      ("users: { mara: { aliases: ['a b'] } }", "1:28", "`a b` can't be a name: use ASCII"),
      ("users: { mara: { uids: [-1] } }", "1:25", "from 0 to 4294967294"),
      ("users: { mara: { roles: [aprover] } }", "1:26", "Did you mean `approver`?"),
      ("users: { mara: { role: [approver] } }", "1:18", "Did you mean `roles`?"),
      ("users: { mara: {} }\ngroups: { sre: [mra] }", "2:17", "there is no user `mra`. Did you mean `mara`?"),
      ("groups: { sre: [x] }", "1:17", "there is no user `x`. Add it under `users`."),
      ("policies: [{ fixes: [a] }]", "1:12", "needs the key `name`"),
      ("policies: [{ name: a }, { name: a }]", "1:33", "policy `a` is at line 1 already"),
      ("policies: [{ name: A }]", "1:20", "can't be the name of a policy"),
      (
        "groups: { sre: [] }\npolicies: [{ name: a, approvals: [{ group: srr }] }]", "2:44",
        "there is no group `srr`. Did you mean `sre`?"
      ),
      (
        "groups: { sre: [] }\npolicies: [{ name: a, approvals: [{ group: sre }, { group: sre }] }]", "2:51",
        "group `sre` is asked for twice"
      ),
      (
        "groups: { sre: [] }\npolicies: [{ name: a, total: 1, approvals: [{ group: sre, count: 2 }] }]", "2:30",
        "`total` is 1, and `approvals` ask for 2"
      ),
      ("policies: [{ name: a, targets: [] }]", "1:32", "`targets` is an empty list. Leave the key out"),
      ("policies: [{ name: a, windows: [] }]", "1:32", "`windows` is an empty list"),
      ("policies: [{ name: a, windows: [{ from: \"9:00\", to: \"24:00\" }] }]", "1:41", "`9:00` is no time of day"),
      ("policies: [{ name: a, windows: [{ from: \"09:00\" }] }]", "1:33", "needs the key `to`"),
      (
        "policies: [{ name: a, windows: [{ from: \"09:00\", to: \"10:00\", tz: +1 }] }]", "1:67",
        "`+1` is no offset from UTC"
      ),
      ("policies: [{ name: a, windows: [{ days: [mo], from: \"09:00\", to: \"10:00\" }] }]", "1:42", "`mon`"),
      ("policies: [{ name: a, four_eyes: [requestor] }]", "1:35", "Did you mean `requester`?"),
      ("policies: [{ name: a, break_glass: { users: [x] } }]", "1:46", "there is no user `x`"),
      ("policies: [{ name: a, share_percent: 0 }]", "1:38", "from 1 to 100"),
      ("retention: { log: 1h }", "1:19", "from 1d"),
      ("log: { retention: 100d }", "1:8", "unknown key `retention`"),
      ("log: { anchors: ['http://audit.internal/'] }", "1:18", "an anchor must be a path"),
      ("log: { anchors: ['https://'] }", "1:18", "an anchor must be a path"),
      ("log: { anchors: ['ftp://audit.internal/'] }", "1:18", "an anchor must be a path"),
      ("log: { anchors: ['https://a#b'] }", "1:18", "an anchor must be a path"),
      ("log: { anchors: ['git:'] }", "1:18", "an anchor must be a path"),
      ("log: { anchors: [a, a] }", "1:21", "named twice"),
      ("log: { hold_after: 1h }", "1:20", "would hold every run"),
    ])
  func refused(text: String, place: String, message: String) {
    let problems = problems(text)
    #expect(problems.first?.place.description == "stella.yaml:" + place, "\(problems)")
    #expect(problems.first?.message.contains(message) == true, "\(problems)")
  }

  @Test("Defaults on the page are those that hold without the key")
  func defaults() {
    func standard(_ name: String, _ keys: [ConfigurationKey]) -> String? { keys.first { $0.name == name }?.standard }
    #expect(standard("log", ConfigurationSchema.retention) == "400d")
    #expect(standard("alerts", ConfigurationSchema.retention) == "90d")
    #expect(standard("health", ConfigurationSchema.retention) == "90d")
    #expect(standard("anchor_timeout", ConfigurationSchema.log) == "10s")
    #expect(standard("roles", ConfigurationSchema.user) == "[viewer]")
    #expect(standard("count", ConfigurationSchema.need) == "1")
  }
}
