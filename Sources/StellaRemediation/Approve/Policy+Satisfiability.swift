extension Policy {
  /// Something about a policy that keeps people from deciding under it.
  package struct Problem: Sendable, Hashable {
    package enum Severity: Sendable, Hashable {
      /// Nobody can ever decide.
      case error
      /// Nobody can decide when one of those who could is barred.
      case warning
    }

    package let severity: Severity
    /// With a remedy.
    package let message: String
  }

  /// Whether the people there are can decide under it at all; nil when they can, whoever of them asks. O(people³).
  package func satisfiability(_ people: People) -> Problem? {
    let voters = people.persons.filter { !$0.isDisabled && $0.roles.contains(.approver) }
    let seats = Electorate(policy: self, people: people, facts: VotingFacts(requestedBy: "", digest: nil)).seats
    let remedy = "Give more users of `users:` the role approver and the group, or ask for fewer approvals."
    guard Seating(seats: seats, people: voters).isFull else {
      return Problem(
        severity: .error, message: "nobody can satisfy policy `\(name)`: \(shortage(voters, people)). \(remedy)")
    }
    guard fourEyes.barsRequester || fourEyes.barsEditors || fourEyes.barsAuthor else { return nil }
    let needed = voters.filter { one in
      !Seating(seats: seats, people: voters.filter { $0.name != one.name }).isFull
    }
    guard !needed.isEmpty else { return nil }
    let names = needed.map(\.name).joined(separator: ", ")
    return Problem(
      severity: .warning,
      message: "policy `\(name)` can't be satisfied without \(names), who can't vote on a run that they asked for or "
        + "edited. \(remedy)")
  }

  private func shortage(_ voters: [Person], _ people: People) -> String {
    for need in needs {
      let able = voters.filter { $0.groups.contains(need.group) }
      if able.count < need.count {
        return
          "it asks for \(need.count) of group \(need.group), and \(able.isEmpty ? "none" : "\(able.count)") of its "
          + "\(people.members(of: need.group).count) enabled members has the role approver"
      }
    }
    return "it asks for \(approvalCount) people, one for each approval, and \(voters.count) with the role approver "
      + "can't fill them"
  }
}
