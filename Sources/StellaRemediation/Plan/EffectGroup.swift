import StellaModel

/// Effects that are applied as one: one intent, one outcome, and for `sql.*` one transaction with one marker row. A plan can
/// be applied in part only between groups.
package struct EffectGroup: Sendable, Hashable {
  /// From 1, in the order of the plan.
  package let number: Int
  /// Numbers of effects, the first of a plan being 1.
  package let effects: ClosedRange<Int>
  /// Nil for `event.emit`.
  package let target: String?
  package let effectClass: EffectClass
}

extension Plan {
  /// The plan's effects in their order, adjacent `sql.*` effects on one target taken together, each other effect by
  /// itself. O(effects).
  package var groups: [EffectGroup] {
    var groups: [EffectGroup] = []
    for (index, prepared) in content.effects.enumerated() {
      let number = index + 1
      if let last = groups.last, prepared.effect.isSQL, content.effects[last.effects.upperBound - 1].effect.isSQL,
        let target = prepared.effect.target, last.target?.utf8.elementsEqual(target.utf8) == true
      {
        groups[groups.count - 1] = EffectGroup(
          number: last.number, effects: last.effects.lowerBound...number, target: target, effectClass: last.effectClass)
      } else {
        groups.append(
          EffectGroup(
            number: groups.count + 1, effects: number...number, target: prepared.effect.target,
            effectClass: prepared.effectClass))
      }
    }
    return groups
  }
}
