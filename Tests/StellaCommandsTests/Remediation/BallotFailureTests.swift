import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("A vote that is refused")
struct BallotFailureTests {
  func failure(
    _ voter: String, digest: String? = nil, time: Int64 = SampleReport.time, _ change: (inout Run) -> Void = { _ in }
  ) throws -> CommandFailure? {
    let plan = try SampleReport().plan()
    var run = SampleReport().run(plan)
    change(&run)
    let ballot = Ballot(
      voter: voter, decision: .approve, digest: digest ?? plan.digest.short, reason: "",
      time: ClockReading(calendar: time))
    let facts = VotingFacts(run)
    let outcome = ballot.outcome(
      on: run, votes: [], policy: SampleReport.policy, people: SampleReport.people, facts: facts)
    guard case .refused(let refusal) = outcome else { return nil }
    let quorum = Quorum(policy: SampleReport.policy, people: SampleReport.people, votes: [], facts: facts)
    return refusal.failure(run, quorum, now: time)
  }

  @Test("A missing right is exit 5, with the reason and with who may")
  func rights() throws {
    #expect(try failure("ivo") == nil)
    let editor = try #require(try failure("tomas"))
    #expect(editor.status == .notPermitted)
    #expect(
      editor.message == """
        you can't vote on r-7f3a2c01: tomas edited its parameters, and the policy wants four eyes.
          Eligible now: mara (group sre); ivo (group payments)
        """)
    #expect(try failure("ada")?.status == .notPermitted)
    let token = try #require(try failure("token:ci\n  stella approvals approve"))
    #expect(token.status == .notPermitted)
    #expect(
      token.message.hasPrefix(#"you can't vote on r-7f3a2c01: "token:ci\n  stella approvals approve" is no user"#))
  }

  @Test("Another plan, a short or malformed digest, a decided run and a deadline are exit 4")
  func conflicts() throws {
    for (failure, text) in [
      (try failure("ivo", digest: "000000000000"), "the plan is not the one that you read"),
      (try failure("ivo", digest: "abc"), "--digest has 3 digits, and at least 12 are needed"),
      (try failure("ivo", digest: "xyz"), "--digest takes the digits"),
      (try failure("ivo", digest: String(repeating: "a", count: 65)), "more digits than a digest"),
      (try failure("ivo") { $0.state = .approved }, "r-7f3a2c01 is approved and takes no votes"),
      (
        try failure("ivo") {
          $0.state = .superseded
          $0.supersededBy = "r-00000002"
        }, "is superseded and takes no votes. Its place has r-00000002."
      ),
      (try failure("ivo", time: SampleReport.time + 11 * SampleReport.minute), "the time to decide ended at 10:25:00Z"),
      (
        try failure("ivo", time: SampleReport.time + 11 * SampleReport.minute),
        ". Ask for it anew: stella fixes plan requeue-stuck-payments --param queue=payments --propose"
      ),
      (
        try failure("ivo") { $0.state = .expired }, "is expired and takes no votes. Ask for it anew: stella fixes plan "
      ),
    ] {
      #expect(failure?.status == .conflict && failure?.message.contains(text) == true, "\(text)")
    }
  }
}
