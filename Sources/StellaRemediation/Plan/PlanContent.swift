import StellaModel

/// All that a plan says, and all that its digest binds. No time, no randomness, no run, no alert, no secret.
package struct PlanContent: Sendable {
  package var purpose: PlanPurpose
  package var fixID: String
  /// Of the fix's source as it was loaded.
  package var fixDigest: ContentDigest
  /// The modules that the fix requires, in the order of their names.
  package var modules: [ModuleDigest]
  /// Of the script API that the fix was written for, from 1.
  package var apiLevel: Int
  package var parameters: NamedValues
  /// The targets that the effects and their undo touch, in the order of their names.
  package var targets: [TargetIdentity]
  package var bounds: PlanBounds
  /// In the order in which they are applied. The first is e1.
  package var effects: [PreparedEffect]

  package init(
    purpose: PlanPurpose = .fix, fixID: String, fixDigest: ContentDigest, modules: [ModuleDigest] = [], apiLevel: Int,
    parameters: NamedValues = [:], targets: [TargetIdentity], bounds: PlanBounds, effects: [PreparedEffect]
  ) {
    self.purpose = purpose
    self.fixID = fixID
    self.fixDigest = fixDigest
    self.modules = modules
    self.apiLevel = apiLevel
    self.parameters = parameters
    self.targets = targets
    self.bounds = bounds
    self.effects = effects
  }
}

/// A module that a fix requires, as it was loaded.
package struct ModuleDigest: Sendable {
  package var name: String
  package var digest: ContentDigest

  package init(name: String, digest: ContentDigest) {
    self.name = name
    self.digest = digest
  }
}

/// The limits under which a plan was made. Another limit is another plan.
package struct PlanBounds: Sendable {
  /// Rows changed by all effects together.
  package var rows: Int
  package var targets: Int
  /// Of the rows or hosts that the policy counts, in per cent.
  package var sharePercent: Int?

  package init(rows: Int, targets: Int, sharePercent: Int? = nil) {
    self.rows = rows
    self.targets = targets
    self.sharePercent = sharePercent
  }
}
