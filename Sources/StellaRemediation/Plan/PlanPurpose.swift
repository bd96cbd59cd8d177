import StellaModel

/// Whether a plan repairs something or takes a repair back.
package enum PlanPurpose: Sendable {
  case fix
  case rollback(RollbackOrigin)
}

/// What a rollback takes back.
package struct RollbackOrigin: Sendable {
  /// An effect that stays, and why.
  package struct Irreversible: Sendable, Hashable {
    /// From 1, in the plan that is taken back.
    package var effect: Int
    package var reason: String

    package init(effect: Int, reason: String) {
      self.effect = effect
      self.reason = reason
    }
  }

  package var plan: PlanDigest
  /// The effects that are taken back, in the order in which this plan does it: descending.
  package var effects: [Int]
  /// The applied effects that stay, descending.
  package var irreversible: [Irreversible]

  package init(plan: PlanDigest, effects: [Int], irreversible: [Irreversible]) {
    self.plan = plan
    self.effects = effects
    self.irreversible = irreversible
  }
}
