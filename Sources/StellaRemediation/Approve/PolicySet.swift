/// The policies of a configuration, in its order.
package struct PolicySet: Sendable, Hashable {
  package let policies: [Policy]

  package init(_ policies: [Policy] = []) { self.policies = policies }

  /// The policy of a run: for each of its targets the first policy that matches, taken together. So an exception can stand
  /// before the rule, and a plan that reaches two targets is bound by what holds for either. Where none matches, it is
  /// ``Policy/standard``.
  ///
  /// Ask anew whenever it matters: what holds is what the configuration says now, not what it said when the run began.
  package func policy(fix: String, tags: [String], targets: [String]) -> Policy {
    let names: [String?] = targets.isEmpty ? [nil] : targets
    var found: [Policy] = []
    for target in names {
      let policy = policies.first { $0.match.covers(fix: fix, tags: tags, target: target) } ?? .standard
      if !found.contains(where: { $0.name == policy.name }) { found.append(policy) }
    }
    return Policy.combined(found)
  }
}
