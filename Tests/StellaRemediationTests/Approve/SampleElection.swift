import StellaModel

@testable import StellaRemediation

/// A team, a policy and a run to vote on.
struct SampleElection {
  static let people = try! People.checked([
    Person(
      name: "mara", uids: [1001], osNames: ["mara"], aliases: ["mara@example.org"], groups: ["sre"], roles: [.approver]),
    Person(name: "tomas", uids: [1002, 2002], aliases: ["tk"], groups: ["sre"], roles: [.approver, .admin]),
    Person(name: "ivo", uids: [1003], osNames: ["ivo"], groups: ["payments"], roles: [.approver]),
    Person(name: "lena", uids: [1004], groups: ["payments", "sre"], roles: [.approver]),
    Person(name: "ada", uids: [1005], groups: ["sre"], roles: [.admin]),
    Person(name: "gone", uids: [1006], groups: ["sre"], roles: [.approver], isDisabled: true),
    Person(name: "solo", uids: [1007], roles: [.approver]),
  ])

  static let digest = PlanDigest(SamplePlan.digest(0x4B))
  static let otherDigest = PlanDigest(SamplePlan.digest(0xE0))

  var policy = Policy.standard
  var people = Self.people
  var facts = VotingFacts(requestedBy: "rule:pay-stuck", digest: Self.digest)
  var run = Self.run()

  static func run(_ state: RunState = .awaiting) -> Run {
    var run = Run(
      id: "r-7f3a2c01", fix: "requeue", fixTitle: "Requeue", fixFile: "Fixes/requeue.lua", subject: "s",
      parameters: [:],
      requestedBy: "rule:pay-stuck", policy: "default", proposedAt: 1000)
    run.state = state
    run.digest = digest
    run.decideBy = 10_000
    return run
  }

  static let both: Policy = {
    var policy = Policy(name: "both")
    policy.needs = [Policy.Need(group: "sre", count: 1), Policy.Need(group: "payments", count: 1)]
    return policy
  }()

  static func vote(
    _ voter: String, _ decision: RunVote.Decision = .approve, on digest: PlanDigest = Self.digest,
    run: String = "r-7f3a2c01"
  ) -> RunVote {
    RunVote(run: run, voter: voter, decision: decision, digest: digest, reason: "read it", time: 2000)
  }

  func quorum(_ votes: [RunVote]) -> Quorum {
    Quorum(policy: policy, people: people, votes: votes, facts: facts)
  }

  func outcome(
    _ voter: String, _ decision: RunVote.Decision = .approve, digest: String = Self.digest.short,
    after votes: [RunVote] = [],
    time: Int64 = 5000
  ) -> Ballot.Outcome {
    Ballot(voter: voter, decision: decision, digest: digest, reason: "read it", time: ClockReading(calendar: time))
      .outcome(on: run, votes: votes, policy: policy, people: people, facts: facts)
  }
}

extension Ballot.Outcome {
  var quorum: Quorum? {
    switch self {
    case .cast(_, let quorum), .repeated(_, let quorum): quorum
    case .refused: nil
    }
  }
  var refusal: Ballot.Refusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}
