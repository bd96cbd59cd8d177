import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Casting a vote")
struct BallotTests {
  typealias Sample = SampleElection

  @Test("A vote is bound to the whole digest of the plan that was read")
  func cast() {
    guard case .cast(let vote, let quorum) = Sample().outcome("mara@example.org") else {
      Issue.record("not cast")
      return
    }
    #expect(vote.voter == "mara" && vote.digest == Sample.digest && vote.run == "r-7f3a2c01" && vote.time == 5000)
    #expect(quorum.state == .satisfied)
  }

  @Test("A wrong, short, overlong, malformed or older digest casts no vote")
  func digests() {
    let election = Sample()
    let full = Sample.digest.description
    #expect(election.outcome("mara", digest: full).refusal == nil)
    #expect(
      election.outcome("mara", digest: String(Sample.digest.short.dropLast())).refusal == .badDigest(.tooShort(11)))
    #expect(election.outcome("mara", digest: "").refusal == .badDigest(.tooShort(0)))
    #expect(election.outcome("mara", digest: full + "0").refusal == .badDigest(.tooLong))
    #expect(election.outcome("mara", digest: "4b4b4b4b4b4x").refusal == .badDigest(.notHexadecimal))
    #expect(election.outcome("mara", digest: Sample.otherDigest.short).refusal == .otherPlan(now: Sample.digest))
    #expect(
      election.outcome("mara", .reject, digest: Sample.otherDigest.short).refusal == .otherPlan(now: Sample.digest))
    #expect(election.outcome("mara", digest: Sample.otherDigest.short).refusal?.isPermission == false)
  }

  @Test("Tokens, agents, unknown spellings and people without the right cast no vote and are told so")
  func rights() {
    var election = Sample(policy: Sample.both)
    election.facts.requestedBy = "user:mara"
    for (name, bar) in [
      ("token:ci", VoteBar.unknown("token:ci")), ("agent:x", .unknown("agent:x")),
      ("policy:safe", .unknown("policy:safe")),
      ("Ivo", .unknown("Ivo")), ("ada", .notApprover("ada")), ("gone", .disabled("gone")), ("mara", .requester("mara")),
      ("solo", .outsideGroups("solo", groups: ["sre", "payments"])),
    ] {
      for decision in [RunVote.Decision.approve, .reject] {
        let refusal = election.outcome(name, decision).refusal
        #expect(refusal == .barred(bar) && refusal?.isPermission == true, "\(name)")
      }
    }
  }

  @Test("A captured vote says nothing about another run, another plan, or later")
  func replay() {
    var other = Sample()
    other.run.digest = Sample.otherDigest
    other.facts.digest = Sample.otherDigest
    #expect(other.outcome("mara").refusal == .otherPlan(now: Sample.otherDigest))
    #expect(Sample().outcome("mara", time: 10_000).refusal == .late(decideBy: 10_000))
    #expect(Sample().outcome("mara", time: 9_999).refusal == nil)
  }

  @Test("The same vote again is none and gets the same answer, also once the run is decided")
  func again() {
    var election = Sample()
    let votes = [Sample.vote("mara")]
    for state in [RunState.awaiting, .approved, .succeeded] {
      election.run.state = state
      guard case .repeated(let vote, let quorum) = election.outcome("mara", after: votes) else {
        Issue.record("not taken for a repetition in \(state)")
        continue
      }
      #expect(vote == votes[0] && quorum.state == .satisfied)
    }
  }

  @Test("Only a run that waits for votes takes them", arguments: RunState.allCases)
  func states(state: RunState) {
    var election = Sample()
    election.run.state = state
    #expect(election.outcome("mara").refusal == (state == .awaiting ? nil : .notAwaiting(state)))
  }

  @Test("Of an approval and a rejection the one that is recorded first decides, for a quorum of one")
  func race() {
    var election = Sample()
    let approval = election.outcome("mara")
    #expect(approval.quorum?.state == .satisfied)
    election.run.state = .approved
    #expect(election.outcome("ivo", .reject, after: [Sample.vote("mara")]).refusal == .notAwaiting(.approved))
    election.run.state = .rejected
    #expect(election.outcome("mara", after: [Sample.vote("ivo", .reject)]).refusal == .notAwaiting(.rejected))
  }

  @Test("Whoever approved may still reject while the quorum is open")
  func secondThoughts() {
    var election = Sample()
    election.policy.total = 2
    let outcome = election.outcome("mara", .reject, after: [Sample.vote("mara")])
    #expect(outcome.quorum?.state == .rejected(by: "mara"))
  }
}
