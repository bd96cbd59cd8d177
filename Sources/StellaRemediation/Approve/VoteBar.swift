import StellaModel

/// Why somebody can't vote on a run, or a vote on it doesn't count.
package enum VoteBar: Sendable, Hashable {
  /// There is no such user, or the identity leads to two.
  case unknown(String)
  case disabled(String)
  case notApprover(String)
  /// In none of the groups whose approval the policy asks for.
  case outsideGroups(String, groups: [String])
  case requester(String)
  case editor(String)
  case author(String)
  /// The person has voted already; the earlier vote stands.
  case voted(String, RunVote.Decision)
  /// The vote was for another plan than the one there is now.
  case otherPlan(PlanDigest)
  /// A policy's own vote, and the policy, as it is now, asks people.
  case notByPolicy
  /// There is no plan to vote on.
  case noPlan

  /// A clause without a full stop, with what to do where something can be done. Escaped by whoever shows it.
  package var sentence: String {
    switch self {
    case .unknown(let name):
      "`\(name)` is no user of stella.yaml, so the vote can't be a person's; an admin adds it under `users:`"
    case .disabled(let name): "\(name) is disabled in stella.yaml"
    case .notApprover(let name): "\(name) doesn't have the role approver, which no other role includes"
    case .outsideGroups(let name, let groups):
      "\(name) is not in \(groups.count == 1 ? "group" : "any of the groups") \(groups.joined(separator: ", "))"
    case .requester(let name): "\(name) asked for this run, and the policy wants four eyes"
    case .editor(let name): "\(name) edited its parameters, and the policy wants four eyes"
    case .author(let name): "\(name) wrote or last changed the fix, and the policy wants four eyes"
    case .voted(let name, let decision):
      "\(name) has \(decision == .approve ? "approved" : "rejected") it already; one person is one vote"
    case .otherPlan(let digest): "it was for another plan (\(digest.short))"
    case .notByPolicy: "the policy as it is now asks people"
    case .noPlan: "there is no plan to vote on"
    }
  }

  /// For JSON.
  package var code: String {
    switch self {
    case .unknown: "unknown_user"
    case .disabled: "disabled"
    case .notApprover: "not_approver"
    case .outsideGroups: "outside_groups"
    case .requester: "requester"
    case .editor: "editor"
    case .author: "author"
    case .voted: "voted"
    case .otherPlan: "other_plan"
    case .notByPolicy: "not_by_policy"
    case .noPlan: "no_plan"
    }
  }
}
