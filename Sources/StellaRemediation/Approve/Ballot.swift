import StellaModel

/// A vote as somebody wants to cast it, before anything is known to be right about it.
package struct Ballot: Sendable, Hashable {
  /// A name of `users:`, or what else the voter calls itself, such as `token:ci`, which no name can be.
  package var voter: String
  package var decision: RunVote.Decision
  /// The digest, or the beginning of it, of the plan that the voter has read.
  package var digest: String
  package var reason: String
  package var time: ClockReading

  package init(voter: String, decision: RunVote.Decision, digest: String, reason: String, time: ClockReading) {
    self.voter = voter
    self.decision = decision
    self.digest = digest
    self.reason = reason
    self.time = time
  }

  /// What is to be done with a ballot.
  package enum Outcome: Sendable, Hashable {
    /// To be recorded, and what all votes come to with it.
    case cast(RunVote, Quorum)
    /// The same person has said the same of the same plan: nothing is recorded, and the answer is what it was.
    case repeated(RunVote, Quorum)
    case refused(Refusal)
  }

  package enum Refusal: Sendable, Hashable {
    /// The run no longer waits for votes, or doesn't yet.
    case notAwaiting(RunState)
    /// The time to decide is over, although nobody has said so yet.
    case late(decideBy: Int64)
    case badDigest(PlanDigest.PrefixError)
    /// What was read is not what the plan is now.
    case otherPlan(now: PlanDigest)
    case barred(VoteBar)

    /// Whether the voter lacks the right; otherwise things have changed, or were mistyped.
    package var isPermission: Bool { if case .barred = self { true } else { false } }
  }

  /// Judges the ballot against the run, the votes so far, and policy and people as they are now. Pure. The caller reads
  /// these and records the vote in one transaction, so that of two ballots at one instant the second sees the first.
  package func outcome(on run: Run, votes: [RunVote], policy: Policy, people: People, facts: VotingFacts) -> Outcome {
    let quorum = Quorum(policy: policy, people: people, votes: votes, facts: facts)
    guard let plan = run.digest, plan == facts.digest else { return .refused(.notAwaiting(run.state)) }
    do throws(PlanDigest.PrefixError) {
      guard try plan.matches(digest) else { return .refused(.otherPlan(now: plan)) }
    } catch {
      return .refused(.badDigest(error))
    }
    let name = people[voter]?.name
    // A repetition gets its answer also when the vote has meanwhile decided the run.
    if let earlier = quorum.votes.first(where: {
      $0.bar == nil && $0.person == name && name != nil && $0.vote.decision == decision
    }) {
      return .repeated(earlier.vote, quorum)
    }
    guard run.state == .awaiting else { return .refused(.notAwaiting(run.state)) }
    if let decideBy = run.decideBy, run.isLate(at: time) { return .refused(.late(decideBy: decideBy)) }
    if let bar = quorum.bar(of: voter, to: decision) { return .refused(.barred(bar)) }
    let vote = RunVote(
      run: run.id, voter: name ?? voter, decision: decision, digest: plan, reason: reason, time: time.calendar)
    return .cast(vote, Quorum(policy: policy, people: people, votes: votes + [vote], facts: facts))
  }
}
