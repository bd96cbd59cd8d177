import StellaModel

/// Stands for a target that tests don't reach: what a plan says about it is shown, and nothing of it is ever performed.
struct PlanOnlyExecutor: EffectExecutor {
  /// Nil for what takes events.
  let name: String?

  func identity() throws(TargetError) -> TargetIdentity? {
    name.map { TargetIdentity(name: $0, kind: "test", physicalID: nil) }
  }

  /// What a target of stella.yaml would allow is no question of the fix.
  func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    EffectAdmission(isSafe: false, reason: "tests only plan it")
  }

  func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    .notApplied("tests perform effects on databases only")
  }

  func observe(_ effect: Effect) -> EffectOutcome { .unclear("tests ask nobody") }
}
