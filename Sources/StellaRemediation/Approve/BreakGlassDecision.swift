/// Whether one person may decide alone in an emergency. It replaces the quorum and nothing else: plan, digest, locks,
/// preconditions, freeze and log stay, and a review afterwards stays open until somebody else closes it.
package enum BreakGlassDecision: Sendable, Hashable {
  case allowed
  case notConfigured
  case notPermitted(VoteBar)
  /// The policy doesn't name this person.
  case notNamed(String)
  case reasonMissing
  /// An earlier use hasn't been reviewed; its run.
  case reviewOpen(run: String)

  /// - Parameters:
  ///   - name: of the user, by name or alias.
  ///   - openReviews: runs that were decided so and not reviewed yet, the oldest first.
  package init(policy: Policy, people: People, name: String, reason: String, openReviews: [String]) {
    guard let glass = policy.breakGlass else {
      self = .notConfigured
      return
    }
    guard let person = people[name] else {
      self = .notPermitted(.unknown(name))
      return
    }
    if person.isDisabled {
      self = .notPermitted(.disabled(person.name))
    } else if !person.roles.contains(.approver) {
      self = .notPermitted(.notApprover(person.name))
    } else if !glass.users.contains(person.name) && !glass.groups.contains(where: { person.groups.contains($0) }) {
      self = .notNamed(person.name)
    } else if !reason.contains(where: { !$0.isWhitespace }) {
      self = .reasonMissing
    } else if let run = openReviews.first {
      self = .reviewOpen(run: run)
    } else {
      self = .allowed
    }
  }

  /// Whether `name` may close the review of a run that `decider` decided alone: an approver, and somebody else.
  package static func mayReview(_ name: String, of decider: String, people: People) -> Bool {
    guard let person = people[name], !person.isDisabled, person.roles.contains(.approver) else { return false }
    return people[decider]?.name != person.name
  }
}
