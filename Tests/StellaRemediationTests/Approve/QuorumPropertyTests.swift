import StellaModel
import Testing

@testable import StellaRemediation

@Suite("The quorum, at random")
struct QuorumPropertyTests {
  static let groups = ["a", "b", "c"]
  static let names = ["p0", "p1", "p2", "p3", "p4"]

  static func election(_ random: inout SeededRandom) throws -> (SampleElection, [RunVote]) {
    let persons = names.map { name in
      Person(
        name: name, aliases: [name + "@x"], groups: groups.filter { _ in random.chance(2) },
        roles: random.chance(5) ? [.admin] : [.approver], isDisabled: random.chance(8))
    }
    var policy = Policy(name: "p")
    for group in groups where random.chance(2) {
      policy.needs.append(Policy.Need(group: group, count: 1 + random.below(2)))
    }
    if random.chance(3) { policy.total = 1 + random.below(5) }
    policy.fourEyes = Policy.FourEyes(
      barsRequester: random.chance(2), barsEditors: random.chance(2), barsAuthor: random.chance(2))
    let any = { (random: inout SeededRandom) in names[random.below(names.count)] }
    let facts = VotingFacts(
      requestedBy: random.chance(2) ? "user:" + any(&random) : "rule:r",
      editors: random.chance(3) ? [any(&random)] : [],
      authors: random.chance(3) ? [any(&random)] : [], digest: SampleElection.digest)
    let votes = (0..<random.below(8)).map { _ in
      SampleElection.vote(
        any(&random) + (random.chance(3) ? "@x" : ""), random.chance(8) ? .reject : .approve,
        on: random.chance(6) ? SampleElection.otherDigest : SampleElection.digest)
    }
    return (SampleElection(policy: policy, people: try People.checked(persons), facts: facts), votes)
  }

  /// Said differently: is there a way to give each seat another of the people who validly approved?
  static func canFill(_ seats: ArraySlice<String?>, _ people: [Person]) -> Bool {
    guard let seat = seats.first else { return true }
    return people.indices.contains { index in
      guard seat.map({ people[index].groups.contains($0) }) ?? true else { return false }
      var rest = people
      rest.remove(at: index)
      return canFill(seats.dropFirst(), rest)
    }
  }

  static func mayVote(_ person: Person, _ election: SampleElection) -> Bool {
    let four = election.policy.fourEyes
    let needs = election.policy.needs
    let isFree = (election.policy.total ?? 1) > needs.reduce(0) { $0 + $1.count }
    return !person.isDisabled && person.roles == [.approver]
      && !(four.barsRequester && election.facts.requestedBy == "user:" + person.name)
      && !(four.barsEditors && election.facts.editors == [person.name])
      && !(four.barsAuthor && election.facts.authors == [person.name])
      && (isFree || needs.contains { person.groups.contains($0.group) })
  }

  @Test("It is what a plain search over all ways to seat people says", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func oracle(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var met: [Quorum.State: Int] = [:]
    for round in 0..<400 {
      let (election, votes) = try Self.election(&random)
      let able = election.people.persons.filter { Self.mayVote($0, election) }
      func valid(_ decision: RunVote.Decision) -> [Person] {
        able.filter { person in
          votes.contains {
            $0.digest == SampleElection.digest && $0.decision == decision
              && ($0.voter == person.name || $0.voter == person.aliases[0])
          }
        }
      }
      var seats: [String?] = election.policy.needs.flatMap { Array(repeating: $0.group, count: $0.count) }
      while seats.count < max(1, election.policy.total ?? 1) { seats.append(nil) }
      let quorum = election.quorum(votes)
      let comment: Comment = "seed \(seed), round \(round)"
      if !valid(.reject).isEmpty {
        guard case .rejected = quorum.state else {
          Issue.record("\(comment): not rejected")
          continue
        }
        met[.rejected(by: ""), default: 0] += 1
      } else {
        let isFilled = Self.canFill(seats[...], valid(.approve))
        #expect(quorum.state == (isFilled ? .satisfied : .pending), comment)
        #expect(quorum.isReachable == Self.canFill(seats[...], able), comment)
        met[quorum.state, default: 0] += 1
      }
      #expect(
        quorum.approvalCount == seats.count && quorum.needs.reduce(0) { $0 + $1.have } == quorum.approvals, comment)
      let counted = quorum.votes.filter { $0.bar == nil }
      #expect(Set(counted.map { [$0.person, $0.vote.decision.rawValue] }).count == counted.count, comment)
    }
    #expect(met.count == 3, "seed \(seed): \(met)")
  }

  @Test("Nothing that takes a right away or asks for more ever decides a run", arguments: [11, 12, 13] as [UInt64])
  func monotone(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for round in 0..<300 {
      let (election, votes) = try Self.election(&random)
      let approvals = votes.filter { $0.decision == .approve }
      let before = election.quorum(approvals).state
      var stricter = election
      var persons = election.people.persons
      let change = random.below(4)
      switch change {
      case 0: persons[random.below(persons.count)].roles = []
      case 1: persons[random.below(persons.count)].isDisabled = true
      case 2: stricter.policy.total = election.policy.approvalCount + 1
      default: stricter.facts.digest = SampleElection.otherDigest
      }
      stricter.people = try People.checked(persons)
      let here = approvals.filter { $0.digest == SampleElection.digest }
      let comment: Comment = "seed \(seed), round \(round)"
      if before == .pending { #expect(stricter.quorum(here).state == .pending, comment) }
      // A higher total may let somebody in who is in none of the groups.
      if change != 2 { #expect(stricter.quorum(here).approvals <= election.quorum(here).approvals, comment) }
      // Approvals have no order, and an unknown voter's change nothing.
      #expect(election.quorum(approvals.shuffled(using: &random)).state == before, comment)
      #expect(
        election.quorum(approvals + [SampleElection.vote("P0"), SampleElection.vote("token:x")]).state == before,
        comment)
    }
  }

  @Test("Together two policies ask for no less than either of them", arguments: [21, 22] as [UInt64])
  func combined(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for round in 0..<300 {
      var (election, votes) = try Self.election(&random)
      votes.removeAll { $0.decision == .reject }
      let other = try Self.election(&random).0.policy
      let one = election.policy
      let states = [one, other, Policy.combined([one, other])].map { policy in
        election.policy = policy
        return election.quorum(votes).state
      }
      if states[2] == .satisfied {
        #expect(states[0] == .satisfied && states[1] == .satisfied, "seed \(seed), round \(round)")
      }
    }
  }
}
