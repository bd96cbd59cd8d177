import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Whether a run may begin")
struct StartDecisionTests {
  let policy = Policy.standard
  static let now: Int64 = 1_800_000_000_000_000_000

  func start(_ history: RunHistory, isRollback: Bool = false, fixCooldown: Int64? = nil) -> String {
    switch policy.start(history, now: Self.now, isRollback: isRollback, fixCooldown: fixCooldown) {
    case .go: "go"
    case .suppressed(let why): why
    case .refused(let why): "refused: " + why
    }
  }

  @Test("The first attempt goes, the one too many is held with the reason")
  func attempts() {
    #expect(start(RunHistory()) == "go")
    #expect(start(RunHistory(attempts: 2)) == "go")
    #expect(start(RunHistory(attempts: 3)) == "3 runs of this fix for the same subject within 1d, 3 are allowed")
    #expect(start(RunHistory(running: "r-1")) == "r-1 is at the same thing and hasn't ended")
  }

  @Test("Between two attempts lies the cooldown, the policy's or the fix's longer one")
  func cooldown() {
    let minute = Policy.minute
    func after(_ passed: Int64, fix: Int64? = nil) -> String {
      start(RunHistory(lastAttempt: Self.now - passed), fixCooldown: fix)
    }
    #expect(after(15 * minute) == "go")
    #expect(
      after(15 * minute - 1) == "the last run of this fix for the same subject was 14m59s ago; 15m must lie between two"
    )
    #expect(after(15 * minute, fix: 20 * minute) != "go" && after(20 * minute, fix: 20 * minute) == "go")
    #expect(after(14 * minute, fix: minute) != "go")
  }

  @Test("A clock that was set back ends no cooldown early, and one that was set far back holds no run for ever")
  func clock() {
    #expect(start(RunHistory(lastAttempt: Self.now + Policy.minute)).contains("now the future"))
    #expect(start(RunHistory(lastAttempt: Self.now + 24 * Policy.hour)) == "go")
    for last in [Int64.min, .max] { #expect(start(RunHistory(lastAttempt: last)) == "go") }
  }

  @Test("The breaker of one target holds runs on it, by the number it allows, and says until when")
  func breaker() {
    func failed(_ count: Int, closesAt: Int64? = nil) -> RunHistory {
      RunHistory(
        failures: [.init(target: "app-db", count: 0), .init(target: "web-14", count: count, closesAt: closesAt)])
    }
    #expect(start(failed(2)) == "go")
    let open = "the breaker of web-14 is open: 3 failed or ineffective runs within 1h, 3 are allowed; it closes "
    #expect(start(failed(3, closesAt: Self.now)) == open + "at 2027-01-15T08:00:00.000000000Z, if no more fail")
    #expect(start(failed(3)) == open + "when somebody has dealt with those that wait")
  }

  @Test("Nothing holds back a rollback")
  func rollback() {
    let history = RunHistory(
      running: "r-1", lastAttempt: Self.now, attempts: 99, failures: [.init(target: "app-db", count: 99)])
    #expect(start(history) != "go" && start(history, isRollback: true) == "go")
  }
}

@Suite("The blast radius")
struct BlastRadiusTests {
  func admits(_ radius: BlastRadius, percent: Int? = nil, fixRowLimit: Int? = nil) -> StartDecision {
    var policy = Policy.standard
    policy.limits.sharePercent = percent
    return policy.admits(radius, fixRowLimit: fixRowLimit)
  }

  @Test("Rows and targets are counted up to the limit, the lower of policy's and fix's")
  func counts() {
    #expect(admits(BlastRadius(rows: 1000, targets: 5)) == .go && admits(BlastRadius(rows: 0, targets: 0)) == .go)
    #expect(
      admits(BlastRadius(rows: 1001, targets: 1)) == .refused("the plan changes 1001 rows, policy default allows 1000"))
    #expect(
      admits(BlastRadius(rows: 1, targets: 6)) == .refused("the plan touches 6 targets, policy default allows 5"))
    #expect(
      admits(BlastRadius(rows: 8, targets: 1), fixRowLimit: 7) == .refused("the plan changes 8 rows, the fix allows 7"))
    #expect(admits(BlastRadius(rows: 1001, targets: 1), fixRowLimit: 5000) != .go)
  }

  @Test("A share is of the right whole, exact at the limit, and refused when the whole isn't known")
  func shares() {
    func share(_ touched: Int, _ all: Int?) -> StartDecision {
      admits(
        BlastRadius(rows: touched, targets: 1, shares: [.init(of: "table t", touched: touched, all: all)]), percent: 10)
    }
    #expect(share(10, 100) == .go && share(11, 100) != .go && share(1, 10) == .go && share(1, 9) != .go)
    #expect(share(0, nil) == .go && share(0, 0) == .go)
    #expect(share(1, nil) == .refused("how large table t is can't be told, and policy default allows 10 % of it"))
    #expect(share(1, 0) != .go)
    #expect(share(11, 100) == .refused("the plan touches 11 of 100 of table t, policy default allows 10 %"))
  }

  @Test("Numbers at the edge of what can be counted neither trap nor slip through")
  func edges() {
    let all = BlastRadius.Share(of: "t", touched: .max, all: .max)
    #expect(admits(BlastRadius(rows: 0, targets: 0, shares: [all]), percent: 99) != .go)
    #expect(
      admits(BlastRadius(rows: 0, targets: 0, shares: [.init(of: "t", touched: 1, all: .max)]), percent: 1) == .go)
  }

  @Test("A plan's own rows and targets are counted")
  func plan() throws {
    let plan = try SamplePlan.plan(SamplePlan.small)
    #expect(BlastRadius(plan) == BlastRadius(rows: 3, targets: 1))
  }
}
