import StellaModel
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("An approval that no longer holds")
struct RenewalTests {
  let harness: RunHarness
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
  }

  private func approved() throws -> Run {
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    return try harness.vote(run, by: "mara").run
  }

  private func successor(of run: Run) throws -> Run {
    let former = try harness.run(run.id)
    #expect(former.state == .superseded)
    let next = try harness.run(try #require(former.supersededBy))
    #expect(former.detail.contains("no longer holds") && former.detail.contains("\(next.id) asks anew"))
    #expect(next.state == .awaiting && next.executeBy == nil && next.digest != nil)
    #expect(try harness.store.readRuns { try $0.votes(on: next.id) }.isEmpty)
    return next
  }

  @Test("A role that was taken away: whoever has it now is asked anew, and the old vote counts for nothing")
  func role() throws {
    let run = try approved()
    harness.people = try People.checked(
      [
        Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.viewer]),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
      ], groups: ["sre", "payments"])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    let next = try successor(of: run)
    #expect(target.ledger.isEmpty)
    #expect(throws: RefusedBallot.self) { try harness.vote(next, by: "mara") }
    _ = try harness.vote(next, by: "ivo")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(target.ledger == ["\(next.id)-e1"])
    try harness.checkLog()
  }

  @Test("A quorum that was raised, a person who was disabled, and a group that is asked for")
  func policy() throws {
    let run = try approved()
    var policy = Policy(name: "two")
    policy.total = 2
    harness.policies = PolicySet([policy])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    var next = try successor(of: run)
    _ = try harness.vote(next, by: "mara")
    _ = try harness.vote(next, by: "ivo")
    harness.people = try People.checked(
      [
        Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.approver], isDisabled: true),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
      ])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    next = try successor(of: next)
    harness.policies = PolicySet([Policy(name: "one")])
    _ = try harness.vote(next, by: "ivo")
    policy = Policy(name: "sre")
    policy.needs = [.init(group: "sre", count: 1)]
    harness.policies = PolicySet([policy])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    next = try successor(of: next)
    // A fourth time isn't replaced any more: somebody looks.
    harness.policies = PolicySet([Policy(name: "one")])
    _ = try harness.vote(next, by: "ivo")
    harness.policies = PolicySet([policy])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    #expect(try harness.run(next.id).supersededBy == nil)
    #expect(try harness.runs(.awaiting, .approved).isEmpty)
    #expect(target.ledger.isEmpty)
    try harness.checkLog()
  }

  @Test(
    "What a policy let run at once asks people when it no longer does, or when its target no longer lists it as safe")
  func safe() throws {
    let safe = LedgerTarget("hook", isSafe: true)
    harness.targets.executors = ["hook": safe]
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    #expect(run.state == .approved)
    harness.targets.executors = ["hook": target]
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    var next = try harness.run(try #require(try harness.run(run.id).supersededBy))
    #expect(next.state == .awaiting && !next.isSafe && next.digest == run.digest)

    harness.targets.executors = ["hook": safe]
    let other = try #require(try harness.remediation.propose(RunHarness.alert("b", service: "b")))
    var policy = Policy(name: "ask")
    policy.runsSafeAtOnce = false
    harness.policies = PolicySet([policy])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    next = try successor(of: other)
    #expect(safe.ledger.isEmpty && target.ledger.isEmpty)
  }

  @Test("A rollback stays one: its successor takes back the same run")
  func rollback() throws {
    let run = try approved()
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    var policy = Policy(name: "two")
    policy.needs = [.init(group: "sre", count: 1)]
    harness.policies = PolicySet([policy])
    harness.people = try People.checked(
      [
        Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.approver]),
        Person(name: "ada", uids: [1003], groups: ["sre"], roles: [.approver]),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
      ])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    let next = try successor(of: undoing)
    #expect(next.rollsBack == run.id && next.digest == undoing.digest)
    #expect(try harness.remediation.requestRollback(of: run.id, by: "user:ivo").id == next.id)
    _ = try harness.vote(next, by: "ada")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(try harness.run(run.id).state == .rolledBack)
    try harness.checkLog()
  }

  @Test("A target that changed as well gives the new plan")
  func moved() throws {
    let run = try approved()
    target.move(to: "ledger-2")
    harness.people = try People.checked(
      [Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver])], groups: ["sre"])
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    #expect(try successor(of: run).digest != run.digest)
  }

  @Test("A vote that was one of two decides once one is enough, when it is cast again")
  func lowered() throws {
    var policy = Policy(name: "two")
    policy.total = 2
    harness.policies = PolicySet([policy])
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    #expect(try harness.vote(run, by: "mara").run.state == .awaiting)
    harness.policies = PolicySet([Policy(name: "one")])
    let outcome = try harness.vote(run, by: "mara")
    #expect(outcome.isRepeated && outcome.run.state == .approved)
    #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.count == 1)
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
  }

  @Test("Whoever approved may reject as long as the quorum is open, and that is final")
  func secondThoughts() throws {
    var policy = Policy(name: "two")
    policy.total = 2
    harness.policies = PolicySet([policy])
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.vote(run, by: "mara", .reject).run.state == .rejected)
    #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "ivo") }
    try harness.checkLog()
  }
}
