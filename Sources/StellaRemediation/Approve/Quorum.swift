import StellaModel

/// What the votes on a run come to under the policy, the people and the plan there are now. A pure function of these: a
/// role that was taken away, a raised quorum or another plan change the outcome at the next evaluation.
package struct Quorum: Sendable, Hashable {
  package enum State: Sendable, Hashable {
    case pending
    case satisfied
    /// By one vote, and for good.
    case rejected(by: String)
  }

  /// One vote, and whether it counts.
  package struct Standing: Sendable, Hashable {
    package let vote: RunVote
    /// The person who cast it; nil for a policy's own vote, and for a voter whom nobody knows.
    package let person: String?
    /// Groups of that person that the policy asks for.
    package let groups: [String]
    /// Nil: it counts.
    package let bar: VoteBar?
  }

  /// A part of what is asked for.
  package struct Need: Sendable, Hashable {
    /// Nil: any approver.
    package let group: String?
    package let count: Int
    package let have: Int
  }

  package let state: State
  package let needs: [Need]
  /// In the order in which they were cast.
  package let votes: [Standing]
  /// Approvals that fill a need, and how many there must be.
  package let approvals: Int
  package let approvalCount: Int
  /// `policy:safe` when nobody is asked.
  package let decider: String?
  package struct Wanted: Sendable, Hashable {
    package let group: String?
    package let persons: [String]
  }

  private let electorate: Electorate
  private let decisions: [String: RunVote.Decision]
  private let seating: Seating

  /// Judges the votes in the order in which they were cast.
  package init(policy: Policy, people: People, votes: [RunVote], facts: VotingFacts) {
    let electorate = Electorate(policy: policy, people: people, facts: facts)
    let asked = Set(policy.needs.map(\.group))
    var standings: [Standing] = []
    var seating = Seating(seats: electorate.seats)
    var decisions: [String: RunVote.Decision] = [:]
    var rejecter: String?
    var decider: String? = facts.isForPolicy && policy.runsSafeAtOnce && facts.digest != nil ? Policy.safeDecider : nil
    for vote in votes {
      let person = people[vote.voter]
      var bar: VoteBar?
      if let run = facts.run, !run.utf8.elementsEqual(vote.run.utf8) {
        bar = .otherRun(vote.run)
      } else if let digest = facts.digest, vote.digest != digest {
        bar = .otherPlan(vote.digest)
      } else if vote.voter.hasPrefix("policy:") {
        bar = decider == vote.voter ? nil : .notByPolicy
      } else if let refusal = electorate.bar(of: vote.voter) {
        bar = refusal
      } else if let person {
        // Whoever approved may still reject; a second approval is none, and nothing takes a rejection back.
        let earlier = decisions[person.name]
        if let earlier, earlier == vote.decision || earlier == .reject {
          bar = .voted(person.name, earlier)
        } else {
          decisions[person.name] = vote.decision
          switch vote.decision {
          case .approve: seating.add(person)
          case .reject: rejecter = rejecter ?? person.name
          }
        }
      }
      standings.append(
        Standing(
          vote: vote, person: person?.name, groups: person?.groups.filter { asked.contains($0) } ?? [], bar: bar))
    }
    if rejecter != nil { decider = nil }
    self.votes = standings
    self.decider = decider
    approvals = seating.taken
    approvalCount = seating.seats.count
    needs = Quorum.needs(seating)
    state = rejecter.map { .rejected(by: $0) } ?? (decider != nil || seating.isFull ? .satisfied : .pending)
    self.electorate = electorate
    self.decisions = decisions
    self.seating = seating
  }

  private static func needs(_ seating: Seating) -> [Need] {
    var needs: [Need] = []
    for (seat, holder) in zip(seating.seats, seating.holders) {
      let have = holder == nil ? 0 : 1
      if let last = needs.last, last.group == seat.group {
        needs[needs.count - 1] = Need(group: seat.group, count: last.count + 1, have: last.have + have)
      } else {
        needs.append(Need(group: seat.group, count: 1, have: have))
      }
    }
    return needs
  }
}

extension Quorum {
  /// Those who may vote and haven't.
  private var open: [Person] { electorate.persons.filter { decisions[$0.name] == nil } }

  /// Names of those who may vote and haven't, ascending.
  package var eligible: [String] { open.map(\.name) }

  /// False when all who may still vote can't together meet what is open.
  package var isReachable: Bool { open.reduce(into: seating) { $0.add($1) }.isFull }

  /// Those of the eligible whose approval would meet a need that is open, by its group and in the order of the needs. Each person
  /// once, under the first open need that they can meet; those who would meet one only because another moves,
  /// under the first that they are asked for.
  package var wanted: [Wanted] {
    var byGroup: [(group: String?, persons: [String])] = []
    for seat in seating.seats where !byGroup.contains(where: { $0.group == seat.group }) {
      byGroup.append((seat.group, []))
    }
    for person in open where seating.wouldHelp(person) {
      let free = zip(seating.seats, seating.holders).first { $1 == nil && $0.admits(person) }?.0
      guard let seat = free ?? seating.seats.first(where: { $0.admits(person) }) else { continue }
      guard let index = byGroup.firstIndex(where: { $0.group == seat.group }) else { continue }
      byGroup[index].persons.append(person.name)
    }
    return byGroup.filter { !$0.persons.isEmpty }.map { Wanted(group: $0.group, persons: $0.persons) }
  }

  /// Why a user, by name or alias, can't cast this vote on this plan; nil when they may. Whether the run still waits for
  /// votes is for its state to say.
  package func bar(of name: String, to decision: RunVote.Decision = .approve) -> VoteBar? {
    if let bar = electorate.bar(of: name) { return bar }
    guard let person = electorate.people[name], let earlier = decisions[person.name] else { return nil }
    return earlier == decision || earlier == .reject ? .voted(person.name, earlier) : nil
  }

  /// `Eligible now: mara, tomas (group sre)`, or why there is nobody. Without a full stop.
  package var eligibleSentence: String {
    guard !wanted.isEmpty else {
      return state == .pending ? "Nobody is eligible now" : "No further approval is needed"
    }
    return "Eligible now: "
      + wanted.map { one in
        one.persons.joined(separator: ", ") + (one.group.map { " (group \($0))" } ?? " (any approver)")
      }.joined(separator: "; ")
  }

  /// `1 × group sre AND 1 × group payments`: everything that is asked for, met or not.
  package var needsText: String {
    needs.map { need in "\(need.count) × " + (need.group.map { "group \($0)" } ?? "any approver") }
      .joined(separator: " AND ")
  }

  /// What to do about an approval that those who may vote can't give; nil while they can.
  package var problem: String? {
    guard state == .pending, !isReachable else { return nil }
    let short = electorate.policy.needs.filter { need in
      electorate.persons.count { $0.groups.contains(need.group) } < need.count
    }
    let missing =
      short.isEmpty
      ? "only \(electorate.persons.count) of the \(approvalCount) people it needs may vote"
      : short.map { need in
        "group \(need.group) has \(electorate.persons.count { $0.groups.contains(need.group) }) of \(need.count)"
      }.joined(separator: ", ")
    return "nobody can complete this approval: \(missing). Add approvers under `users:`, or change the policy "
      + "\(electorate.policy.name)"
  }
}
