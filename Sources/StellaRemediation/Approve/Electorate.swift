import StellaModel

/// Who may vote on a run, whatever has been voted so far.
package struct Electorate: Sendable, Hashable {
  package let policy: Policy
  package let people: People
  package let facts: VotingFacts
  private let requesters: Set<String>
  private let editors: Set<String>
  private let authors: Set<String>

  package init(policy: Policy, people: People, facts: VotingFacts) {
    self.policy = policy
    self.people = people
    self.facts = facts
    // Who made a token has asked for what the token asks for.
    let requester = Caller.owner(ofTokenActor: facts.requestedBy) ?? facts.requestedBy
    requesters =
      facts.requestedBy.hasPrefix("user:") || requester != facts.requestedBy
      ? Set(people.meant(by: requester).map(\.name)) : []
    editors = Set(facts.editors.flatMap { people.meant(by: Caller.owner(ofTokenActor: $0) ?? $0) }.map(\.name))
    authors = Set(facts.authors.flatMap { people.meant(by: $0) }.map(\.name))
  }

  /// Why the one whom a name or alias leads to can't vote; nil when they may.
  package func bar(of name: String) -> VoteBar? {
    guard let person = people[name] else { return .unknown(name) }
    return bar(of: person)
  }

  /// In the order in which it is worth knowing: what lasts before what concerns this run alone.
  package func bar(of person: Person) -> VoteBar? {
    if facts.digest == nil { return .noPlan }
    if person.isDisabled { return .disabled(person.name) }
    if !person.roles.contains(.approver) { return .notApprover(person.name) }
    if policy.fourEyes.barsRequester, requesters.contains(person.name) { return .requester(person.name) }
    if policy.fourEyes.barsEditors, editors.contains(person.name) { return .editor(person.name) }
    if policy.fourEyes.barsAuthor, authors.contains(person.name) { return .author(person.name) }
    if !seats.contains(where: { $0.admits(person) }) {
      return .outsideGroups(person.name, groups: policy.needs.map(\.group))
    }
    return nil
  }

  /// Everybody who may vote, in the order of their names.
  package var persons: [Person] { people.persons.filter { bar(of: $0) == nil } }

  /// One for each approval that the policy asks for, in its order; those for any approver last.
  var seats: [Seat] {
    let named = policy.needs.flatMap { need in Array(repeating: Seat(group: need.group), count: max(0, need.count)) }
    return named + Array(repeating: Seat(group: nil), count: max(0, policy.approvalCount - named.count))
  }
}

/// One approval that a policy asks for.
struct Seat: Sendable, Hashable {
  /// Nil: of any approver.
  let group: String?

  func admits(_ person: Person) -> Bool { group.map { person.groups.contains($0) } ?? true }
}
