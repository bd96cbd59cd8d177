import StellaModel
import Testing

@testable import StellaRemediation

@Suite("The quorum")
struct QuorumTests {
  typealias Sample = SampleElection

  func bars(_ quorum: Quorum) -> [String] { quorum.votes.map { $0.bar?.code ?? "counts" } }

  @Test("Without any policy one approver who has no part in the run decides")
  func standard() {
    var election = Sample()
    #expect(election.quorum([]).state == .pending)
    #expect(election.quorum([Sample.vote("solo")]).state == .satisfied)
    election.facts.requestedBy = "user:solo"
    #expect(bars(election.quorum([Sample.vote("solo")])) == ["requester"])
    #expect(election.quorum([Sample.vote("mara")]).state == .satisfied)
  }

  @Test("One person is one vote, under whatever name, and in however many sessions")
  func onePersonOneVote() {
    var election = Sample()
    election.policy.total = 2
    for again in ["mara", "mara@example.org"] {
      let quorum = election.quorum([Sample.vote("mara"), Sample.vote(again)])
      #expect(quorum.state == .pending && quorum.approvals == 1)
      #expect(bars(quorum) == ["counts", "voted"])
    }
    for spelling in ["Mara", "m\u{0430}ra", "ｍａｒａ", "mara\u{200d}"] {
      let quorum = election.quorum([Sample.vote("mara"), Sample.vote(spelling)])
      #expect(quorum.state == .pending && bars(quorum) == ["counts", "unknown_user"])
    }
    #expect(election.quorum([Sample.vote("mara"), Sample.vote("ivo")]).state == .satisfied)
  }

  @Test("Somebody in two groups stands for one of them, for whichever lets the others stand for the rest")
  func twoGroups() {
    let election = Sample(policy: Sample.both)
    #expect(election.quorum([Sample.vote("lena")]).state == .pending)
    #expect(election.quorum([Sample.vote("lena"), Sample.vote("lena")]).state == .pending)
    for pair in [["lena", "mara"], ["mara", "lena"], ["lena", "ivo"], ["ivo", "lena"], ["mara", "ivo"]] {
      #expect(election.quorum(pair.map { Sample.vote($0) }).state == .satisfied, "\(pair)")
    }
    let two = election.quorum([Sample.vote("mara"), Sample.vote("tomas")])
    #expect(two.state == .pending && two.needs.map(\.have) == [1, 0])
    #expect(two.needsText == "1 × group sre AND 1 × group payments")
    #expect(two.eligibleSentence == "Eligible now: ivo, lena (group payments)")
    // Lena has the seat of sre; mara would free it for her to be that of payments.
    #expect(election.quorum([Sample.vote("lena")]).wanted.flatMap(\.persons).sorted() == ["ivo", "mara", "tomas"])
  }

  @Test("A total that is higher than the groups' sum takes any approver for the rest")
  func total() {
    var election = Sample(policy: Sample.both)
    election.policy.total = 3
    #expect(election.quorum(["mara", "ivo"].map { Sample.vote($0) }).state == .pending)
    #expect(election.quorum(["mara", "ivo", "solo"].map { Sample.vote($0) }).state == .satisfied)
    #expect(election.quorum(["mara", "tomas", "solo"].map { Sample.vote($0) }).state == .pending)
  }

  @Test("Requester, editors and author are barred where the policy says so")
  func fourEyes() {
    var election = Sample()
    election.facts.requestedBy = "user:mara"
    election.facts.editors = ["tk"]
    election.facts.authors = ["Ivo <ivo>"]
    let votes = ["mara", "tomas", "ivo", "lena"].map { Sample.vote($0) }
    #expect(bars(election.quorum(votes)) == ["requester", "editor", "counts", "counts"])
    election.facts.editors = [Caller.tokenActor("ci", owner: "tk")]
    #expect(bars(election.quorum(votes)) == ["requester", "editor", "counts", "counts"])
    election.policy.fourEyes.barsAuthor = true
    #expect(bars(election.quorum(votes)) == ["requester", "editor", "author", "counts"])
    #expect(election.quorum(votes).eligible == ["solo"])
    election.policy.fourEyes = .off
    #expect(bars(election.quorum(votes)) == ["counts", "counts", "counts", "counts"])
  }

  @Test("A role that was taken away, a person disabled or out of the group, makes the vote not count")
  func removedRole() throws {
    let votes = [Sample.vote("mara"), Sample.vote("ivo")]
    #expect(Sample(policy: Sample.both).quorum(votes).state == .satisfied)
    func after(_ change: (inout Person) -> Void) throws -> Quorum {
      var persons = Sample.people.persons
      change(&persons[persons.firstIndex { $0.name == "mara" }!])
      return Sample(policy: Sample.both, people: try People.checked(persons)).quorum(votes)
    }
    #expect(bars(try after { $0.roles = [.admin] }) == ["not_approver", "counts"])
    #expect(bars(try after { $0.isDisabled = true }) == ["disabled", "counts"])
    #expect(bars(try after { $0.groups = ["ops"] }) == ["outside_groups", "counts"])
    #expect(try after { $0.roles = [] }.state == .pending)
    #expect(try after { $0.name = "mara2" }.state == .pending)
  }

  @Test("A quorum that is raised while votes come in leaves the run waiting")
  func raised() {
    var election = Sample()
    let votes = [Sample.vote("mara")]
    #expect(election.quorum(votes).state == .satisfied)
    election.policy.total = 2
    let quorum = election.quorum(votes)
    #expect(quorum.state == .pending && quorum.approvals == 1 && quorum.approvalCount == 2)
  }

  @Test("Only votes on the plan there is now count")
  func digests() {
    var election = Sample()
    #expect(bars(election.quorum([Sample.vote("mara", on: Sample.otherDigest)])) == ["other_plan"])
    #expect(election.quorum([Sample.vote("mara", .reject, on: Sample.otherDigest)]).state == .pending)
    election.facts.digest = nil
    let quorum = election.quorum([Sample.vote("mara")])
    #expect(quorum.state == .pending && quorum.eligible.isEmpty && bars(quorum) == ["no_plan"])
  }

  @Test("A vote is for one run: on another with the same plan it doesn't count")
  func otherRun() {
    var election = Sample()
    election.facts = VotingFacts(election.run)
    #expect(election.quorum([Sample.vote("mara")]).state == .satisfied)
    let copied = [Sample.vote("mara", run: "r-00000001"), Sample.vote("ivo", .reject, run: "r-00000001")]
    let quorum = election.quorum(copied)
    #expect(quorum.state == .pending && bars(quorum) == ["other_run", "other_run"] && quorum.bar(of: "mara") == nil)
  }

  @Test("A rejection is final, whoever approves, and whenever")
  func rejection() {
    let election = Sample()
    for votes in [
      [Sample.vote("mara", .reject), Sample.vote("ivo"), Sample.vote("lena")],
      [Sample.vote("ivo"), Sample.vote("mara", .reject)],
      [Sample.vote("mara"), Sample.vote("mara", .reject)],
      [Sample.vote("mara", .reject), Sample.vote("mara")],
    ] {
      #expect(election.quorum(votes).state == .rejected(by: "mara"))
    }
  }

  @Test("A rejection without the right to vote changes nothing")
  func rejectionWithoutRight() {
    let election = Sample(policy: Sample.both)
    for name in ["ada", "gone", "solo", "nobody", "token:ci", "policy:safe"] {
      #expect(election.quorum([Sample.vote(name, .reject)]).state == .pending, "\(name)")
    }
  }

  @Test("A safe plan is decided by its policy, and a policy's vote is none where people are asked")
  func safe() {
    var election = Sample()
    election.facts.isSafe = true
    #expect(election.quorum([]).state == .satisfied && election.quorum([]).decider == "policy:safe")
    #expect(bars(election.quorum([Sample.vote("policy:safe")])) == ["counts"])
    #expect(election.quorum([Sample.vote("mara", .reject)]).state == .rejected(by: "mara"))
    election.policy.runsSafeAtOnce = false
    #expect(election.quorum([Sample.vote("policy:safe")]).state == .pending)
    #expect(bars(election.quorum([Sample.vote("policy:safe")])) == ["not_by_policy"])
    election.policy.runsSafeAtOnce = true
    election.facts.isSafe = false
    #expect(
      bars(election.quorum([Sample.vote("policy:safe"), Sample.vote("policy:other")])) == [
        "not_by_policy", "not_by_policy",
      ])
    election.facts.isSafe = true
    election.facts.digest = nil
    #expect(election.quorum([]).state == .pending)
  }

  @Test("A safe plan that a token asked for, or had made, is for people alone")
  func safeOfToken() {
    var election = Sample()
    election.facts.isSafe = true
    election.facts.requestedBy = Caller.tokenActor("ci", owner: "ada")
    #expect(election.quorum([]).state == .pending && election.quorum([]).decider == nil)
    #expect(bars(election.quorum([Sample.vote("policy:safe")])) == ["not_by_policy"])
    #expect(election.quorum([Sample.vote("mara")]).state == .satisfied)
    election.facts.requestedBy = "rule:pay-stuck"
    #expect(election.quorum([]).decider == "policy:safe")
    election.facts.editors = [Caller.tokenActor("ci", owner: "ada")]
    #expect(election.quorum([]).state == .pending && election.quorum([]).decider == nil)
  }

  @Test("Whoever can't vote is told why, with who can")
  func sentences() {
    var election = Sample(policy: Sample.both)
    election.facts.requestedBy = "user:mara"
    let quorum = election.quorum([])
    #expect(quorum.bar(of: "mara")?.sentence == "mara asked for this run, and the policy wants four eyes")
    #expect(quorum.bar(of: "ada")?.sentence == "ada doesn't have the role approver, which no other role includes")
    #expect(quorum.bar(of: "solo")?.sentence == "solo is not in any of the groups sre, payments")
    #expect(quorum.bar(of: "ivo") == nil && quorum.bar(of: "tk") == nil)
    #expect(quorum.eligibleSentence == "Eligible now: lena, tomas (group sre); ivo (group payments)")
    let voted = election.quorum([Sample.vote("ivo")])
    #expect(voted.bar(of: "ivo") == .voted("ivo", .approve) && voted.bar(of: "ivo", to: .reject) == nil)
  }

  @Test("An approval that nobody can complete any more is said to be one")
  func unreachable() throws {
    var election = Sample(policy: Sample.both)
    #expect(election.quorum([]).isReachable && election.quorum([]).problem == nil)
    election.facts.requestedBy = "user:ivo"
    election.facts.editors = ["lena"]
    let quorum = election.quorum([Sample.vote("mara")])
    #expect(!quorum.isReachable)
    #expect(quorum.problem?.contains("group payments has 0 of 1") == true)
    #expect(quorum.problem?.contains("policy both") == true)
  }
}
