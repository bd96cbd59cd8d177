import StellaModel

/// Why there is no plan. Nothing was done; the same content gives the same error again.
package struct PlanError: Error, Sendable, Hashable {
  package enum Code: String, Sendable {
    /// There are no effects: nothing to do.
    case empty = "plan.empty"
    /// The fix asked for something that is no effect, or refers to what isn't there. Its author has to change it.
    case badEffect = "plan.bad_effect"
    /// More rows or targets than allowed.
    case overBounds = "plan.over_bounds"
    /// Too large for any policy.
    case limit = "plan.limit"
    /// A secret's value is in it.
    case secretValue = "plan.secret_value"
    /// Its parts contradict each other: a mistake of whoever prepared the effects, not of the fix.
    case inconsistent = "plan.inconsistent"
  }

  package let code: Code
  /// From 1; nil when it is about the plan as a whole.
  package let effect: Int?
  /// What is wrong. Holds names, never values.
  package let message: String
  /// What to do about it.
  package let remedy: String

  package init(_ code: Code, effect: Int? = nil, _ message: String, _ remedy: String) {
    self.code = code
    self.effect = effect
    self.message = message
    self.remedy = remedy
  }

  init(_ error: EffectError, effect: Int?) {
    self.init(
      .badEffect, effect: effect, (error.place.isEmpty ? "" : "\(error.place): ") + error.message, error.remedy)
  }
}

extension PlanError: CustomStringConvertible {
  package var description: String { (effect.map { "e\($0): " } ?? "") + "\(message). \(remedy)." }
}
