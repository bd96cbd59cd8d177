import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Which policy holds")
struct PolicySetTests {
  static func policy(_ name: String, _ match: Policy.Match, _ change: (inout Policy) -> Void = { _ in }) -> Policy {
    var policy = Policy(name: name)
    policy.match = match
    change(&policy)
    return policy
  }

  let policies = PolicySet([
    Self.policy("restart", Policy.Match(fixes: ["restart-*"], targets: ["dev-*"])) { $0.runsSafeAtOnce = true },
    Self.policy("prod", Policy.Match(targets: ["prod-*", "app-db"])) { $0.total = 2 },
    Self.policy("tagged", Policy.Match(tags: ["data", "pii"])) { $0.limits.rows = 10 },
  ])

  func name(_ fix: String, tags: [String] = [], _ targets: String...) -> String {
    policies.policy(fix: fix, tags: tags, targets: targets).name
  }

  @Test("The first that matches in every respect holds, else the default")
  func first() {
    #expect(name("restart-worker", "dev-1") == "restart")
    #expect(name("restart-worker", "prod-1") == "prod")
    #expect(name("migrate", tags: ["pii"], "app-db") == "prod")
    #expect(name("migrate", tags: ["pii"], "dev-1") == "tagged")
    #expect(name("migrate", "dev-1") == "default")
    #expect(name("migrate", tags: ["data"]) == "tagged")
    #expect(name("migrate") == "default")
  }

  @Test("A run on several targets is bound by what holds for each of them")
  func several() {
    let both = policies.policy(fix: "restart-worker", tags: ["data"], targets: ["dev-1", "prod-1", "prod-2", "other"])
    #expect(both.name == "restart+prod+tagged")
    #expect(both.approvalCount == 2 && both.limits.rows == 10)
    // An exception for one target is none for the other, and the default binds what nothing else does.
    #expect(name("restart-worker", "prod-1", "unheard-of") == "prod+default")
  }

  @Test(
    "Patterns mean whole names",
    arguments: [
      ("*", "", true), ("*", "any", true), ("a*", "abc", true), ("a*", "ba", false), ("*c", "abc", true),
      ("a*c", "abcbc", true),
      ("a*b*c", "a1b2c", true), ("a*b*c", "a1c2b", false), ("a?c", "abc", true), ("a?c", "ac", false),
      ("abc", "ABC", false),
      ("", "", true), ("", "a", false), ("a**b", "ab", true), ("app-db", "app-db2", false), ("*-db", "x-db-db", true),
    ])
  func patterns(pattern: String, name: String, matches: Bool) { #expect(NamePattern(pattern).matches(name) == matches) }

  @Test("A pattern of many stars takes no longer than pattern times name")
  func manyStars() {
    let pattern = String(repeating: "*a", count: 2000) + "b"
    #expect(!NamePattern(pattern).matches(String(repeating: "a", count: 4000)))
  }

  @Test("Taken together, policies are as strict as the strictest in everything")
  func combined() {
    var a = Policy(name: "a")
    a.needs = [Policy.Need(group: "sre", count: 2)]
    a.fourEyes = Policy.FourEyes(barsRequester: false, barsEditors: true, barsAuthor: true)
    a.cooldown = 5
    a.attempts = Policy.Rate(count: 9, within: 5)
    a.limits = Policy.Limits(rows: 5, targets: 9, sharePercent: nil)
    a.windows = [[MaintenanceWindow(start: 0, end: 60)]]
    a.rollsBackByItself = true
    a.breakGlass = Policy.BreakGlass(users: ["x", "y"])
    var b = Policy(name: "b")
    b.needs = [Policy.Need(group: "sre", count: 1), Policy.Need(group: "pay", count: 1)]
    b.cooldown = 3
    b.runsSafeAtOnce = false
    b.decideWithin = 7
    b.executeWithin = 6
    b.attempts = Policy.Rate(count: 2, within: 3)
    b.limits = Policy.Limits(rows: 7, targets: 2, sharePercent: 30)
    b.windows = [[MaintenanceWindow(start: 30, end: 90)]]
    b.breakGlass = Policy.BreakGlass(users: ["y", "z"])
    let both = Policy.combined([a, b])
    #expect(both.needs == [Policy.Need(group: "sre", count: 2), Policy.Need(group: "pay", count: 1)])
    #expect(both.approvalCount == 3 && both.cooldown == 5 && both.attempts == Policy.Rate(count: 2, within: 5))
    #expect(both.fourEyes == Policy.FourEyes(barsRequester: true, barsEditors: true, barsAuthor: true))
    #expect(both.limits == Policy.Limits(rows: 5, targets: 2, sharePercent: 30))
    #expect(!both.runsSafeAtOnce && both.decideWithin == 7 && both.executeWithin == 6)
    #expect(both.windows.count == 2 && !both.rollsBackByItself && both.breakGlass == Policy.BreakGlass(users: ["y"]))
  }
}

@Suite("Policies that nobody can satisfy")
struct SatisfiabilityTests {
  @Test("A policy that asks for more than there are is an error that says what is short")
  func errors() {
    func problem(_ change: (inout Policy) -> Void) -> Policy.Problem? {
      var policy = Policy(name: "p")
      change(&policy)
      return policy.satisfiability(SampleElection.people)
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.needs = [Policy.Need(group: "sre", count: 2)] } == nil)
    let none = problem { $0.needs = [Policy.Need(group: "ghosts", count: 1)] }
    #expect(none?.severity == .error && none?.message.contains("1 of group ghosts, and none of its 0 enabled") == true)
    let short = problem { $0.needs = [Policy.Need(group: "sre", count: 4)] }
    #expect(short?.severity == .error && short?.message.contains("4 of group sre, and 3 of its 4 enabled") == true)
    #expect(problem { $0.total = 6 }?.severity == .error)
    // Lena can't stand for both groups: four seats, and only mara, tomas, ivo and lena to take them.
    #expect(
      problem { $0.needs = [Policy.Need(group: "sre", count: 3), Policy.Need(group: "payments", count: 2)] }?.severity
        == .error)
    #expect(Policy.standard.satisfiability(.none)?.severity == .error)
  }

  @Test("A policy that needs every single one is a warning, since whoever asks can't vote")
  func warnings() throws {
    let one = try People.checked([Person(name: "mara", roles: [.approver])])
    let warning = Policy.standard.satisfiability(one)
    #expect(warning?.severity == .warning && warning?.message.contains("without mara") == true)
    var alone = Policy.standard
    alone.fourEyes = .off
    #expect(alone.satisfiability(one) == nil)
  }
}
