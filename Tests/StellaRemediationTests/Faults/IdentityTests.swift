import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Who decides, and on what")
struct IdentityTests {
  let harness: RunHarness
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    harness.people = try People.checked(
      [
        Person(
          name: "mara", uids: [1001, 2001], osNames: ["mkeller"], aliases: ["mara@example.org"], groups: ["sre"],
          roles: [.approver]),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
      ], groups: ["sre", "payments"])
  }

  private func proposed(_ name: String = "a") throws -> Run {
    try #require(try harness.remediation.propose(RunHarness.alert(name, service: name)))
  }

  private func two() {
    var policy = Policy(name: "two")
    policy.total = 2
    harness.policies = PolicySet([policy])
  }

  @Test(
    "One person is one vote, from two accounts, under each name, and nobody under a name that only looks like theirs")
  func spellings() throws {
    two()
    let run = try proposed()
    for uid in [1001, 2001, 4711] as [UInt32] {
      guard case .person(let person) = harness.people.identity(uid: uid, osName: uid == 4711 ? "mkeller" : nil) else {
        Issue.record("\(uid) is nobody")
        continue
      }
      let outcome = try harness.vote(run, by: person.name)
      #expect(outcome.isRepeated == (uid != 1001) && outcome.run.state == .awaiting)
    }
    #expect(try harness.vote(run, by: "mara@example.org").isRepeated)
    let size = try harness.records().count
    for name in [
      "Mara", "MARA", "mara ", "m\u{430}ra", "mar\u{e1}", "mara\u{301}", "ｍara", "mara\u{200b}", "\u{202e}aram",
      "user:mara", "mara@example.org ", "MARA@EXAMPLE.ORG", "1001", "", "policy:safe", "token:mara",
    ] {
      for decision in [RunVote.Decision.approve, .reject] {
        let refused = #expect(throws: RefusedBallot.self, "\(name.debugDescription)") {
          try harness.vote(run, by: name, decision)
        }
        #expect(refused?.refusal.isPermission == true)
      }
      #expect(throws: RemediationError.self) { try harness.remediation.withdraw(run.id, by: name, reason: "x") }
    }
    // Nothing of that is on record, and the vote is one.
    #expect(try harness.records().count == size)
    #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.map(\.voter) == ["mara"])
    #expect(try harness.run(run.id).state == .awaiting)
  }

  @Test("A quorum that is raised while votes come in is the one that counts")
  func raised() throws {
    two()
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    var policy = Policy(name: "three")
    policy.needs = [.init(group: "sre", count: 1), .init(group: "payments", count: 1)]
    policy.total = 3
    harness.policies = PolicySet([policy])
    #expect(try harness.vote(run, by: "ivo").run.state == .awaiting)
    #expect(try harness.runner().turn().isEmpty)
    #expect(target.ledger.isEmpty)
  }

  @Test("A role that was taken away between two votes leaves the second one alone")
  func removed() throws {
    two()
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    harness.people = try People.checked(
      [
        Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.admin]),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
      ], groups: ["sre", "payments"])
    let outcome = try harness.vote(run, by: "ivo")
    #expect(outcome.run.state == .awaiting && outcome.quorum.approvals == 1)
  }

  @Test("A decision that was caught and is sent again decides nothing: not twice, not later, not after a restart")
  func replay() throws {
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let size = try harness.records().count
    #expect(try harness.vote(run, by: "mara").isRepeated)
    #expect(try harness.records().count == size)
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    harness.time.advance(by: 24 * Policy.hour)
    // Another process, and the same alert as another one: the same plan with the same digest, and no vote on it.
    let restarted = harness.remediation(on: try harness.connection())
    let again = try #require(try restarted.propose(RunHarness.alert("later", service: "a")))
    #expect(again.digest == run.digest && again.id != run.id)
    let caught = try restarted.vote(
      .approve, on: run.id, by: "mara", digest: run.digest!.description, reason: "looked at it")
    #expect(caught.isRepeated && caught.run.state == .succeeded)
    #expect(try harness.run(again.id).state == .awaiting)
    #expect(try harness.runner().turn().isEmpty)
    #expect(target.ledger == ["\(run.id)-e1"])
  }

  @Test("A decision on a run that was never decided in time is too late a day later, word for word")
  func late() throws {
    let run = try proposed()
    harness.time.advance(by: 24 * Policy.hour)
    for _ in 1...2 { #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "mara") } }
    #expect(try harness.run(run.id).state == .expired)
    #expect(try harness.store.readRuns { try $0.votes(on: run.id) }.isEmpty)
  }

  @Test("A digest that is short, wrong, of another run or of the plan before is no vote, and leaves no trace of one")
  func digests() throws {
    let run = try proposed("a")
    let other = try proposed("b")
    target.move(to: "ledger-2")
    let next = try harness.remediation.replan(run.id, by: "user:ivo")
    #expect(next.id != run.id)
    let size = try harness.records().count
    let own = next.digest!.short
    for digest in [
      "", String(own.dropLast()), String(own.prefix(1)), run.digest!.short, run.digest!.description,
      other.digest!.short,
      own + "0000", own.replacing(own.prefix(1), with: own.hasPrefix("0") ? "1" : "0", maxReplacements: 1),
      "sha256:", "sha256:" + own.prefix(11), "%", "*", "………………………………",
      next.digest!.description + "0",
    ] {
      let refused = #expect(throws: RefusedBallot.self, "\(digest)") {
        try harness.remediation.vote(.approve, on: next.id, by: "mara", digest: digest, reason: "x")
      }
      #expect(refused?.refusal.isPermission == false)
    }
    #expect(throws: RefusedBallot.self) {
      try harness.remediation.vote(.approve, on: run.id, by: "mara", digest: own, reason: "x")
    }
    #expect(try harness.records().count == size)
    #expect(try harness.run(next.id).state == .awaiting)
    #expect(
      try harness.remediation.vote(.approve, on: next.id, by: "mara", digest: own, reason: "x").run.state == .approved)
  }
}
