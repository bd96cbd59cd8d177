import StellaModel

/// What changed between the plan that somebody saw and the one there is now, for the screen that tells them.
package struct PlanDifference: Sendable, Hashable {
  /// Something about the plan as a whole.
  package enum Change: Sendable, Hashable {
    case purpose
    case fix
    case fixSource
    case module(String)
    case apiLevel
    case parameter(String)
    /// Another thing now has this name, or it came or went.
    case target(String)
    case bounds
    /// The same effects in another order.
    case order
  }

  package let old: PlanDigest
  package let new: PlanDigest
  package let oldRows: Int
  package let newRows: Int
  package let changes: [Change]
  /// Effects that came, went or changed, in ascending order of their number: that in the new plan, or in the old one when
  /// they are gone.
  package let effects: [EffectDifference]

  package var isEmpty: Bool { changes.isEmpty && effects.isEmpty }

  /// O(size log size), and O(old effects × new effects) where those between the first and last change are few.
  package init(from old: Plan, to new: Plan) {
    self.old = old.digest
    self.new = new.digest
    oldRows = old.rowCount
    newRows = new.rowCount
    guard old != new else {
      changes = []
      effects = []
      return
    }
    let pairs = EffectAlignment.pairs(old.content.effects, new.content.effects)
    var head = Self.headChanges(from: old.content, to: new.content)
    // Effects that stayed but for their places are no news each by itself.
    if pairs.contains(where: { $0.isMoved }) { head.append(.order) }
    changes = head
    effects = pairs.compactMap { pair in
      EffectDifference(
        old: pair.old.map { ($0 + 1, old.content.effects[$0]) }, new: pair.new.map { ($0 + 1, new.content.effects[$0]) }
      )
    }
  }

  private static func headChanges(from old: PlanContent, to new: PlanContent) -> [Change] {
    var changes: [Change] = []
    let same = { (write: (inout FixPlanWriter, PlanContent) -> Void) in
      FixPlanWriter.form { write(&$0, old) } == FixPlanWriter.form { write(&$0, new) }
    }
    if !same({ $0.purpose($1.purpose) }) { changes.append(.purpose) }
    if !same({ $0.text($1.fixID) }) { changes.append(.fix) }
    if old.fixDigest != new.fixDigest { changes.append(.fixSource) }
    changes += changed(
      old.modules.map { module in (module.name, FixPlanWriter.form { $0.digest(module.digest) }) },
      new.modules.map { module in (module.name, FixPlanWriter.form { $0.digest(module.digest) }) }
    ).map { .module($0) }
    if old.apiLevel != new.apiLevel { changes.append(.apiLevel) }
    changes += changed(
      old.parameters.map { member in (member.name, FixPlanWriter.form { $0.value(member.value) }) },
      new.parameters.map { member in (member.name, FixPlanWriter.form { $0.value(member.value) }) }
    ).map { .parameter($0) }
    changes += changed(
      old.targets.map { target in (target.name, FixPlanWriter.form { $0.target(target) }) },
      new.targets.map { target in (target.name, FixPlanWriter.form { $0.target(target) }) }
    ).map { .target($0) }
    if !same({ $0.bounds($1.bounds) }) { changes.append(.bounds) }
    return changes
  }

  /// Names that are only on one side, or stand for other bytes, ascending.
  static func changed(_ old: [(name: String, form: [UInt8])], _ new: [(name: String, form: [UInt8])]) -> [String] {
    var changed: [String] = []
    var left = old[...]
    var right = new[...]
    while let one = left.first ?? right.first {
      if let a = left.first, let b = right.first, a.name.utf8.elementsEqual(b.name.utf8) {
        if a.form != b.form { changed.append(a.name) }
        left.removeFirst()
        right.removeFirst()
      } else if let a = left.first, right.first.map({ NamedValues.precedes(a.name, $0.name) }) ?? true {
        changed.append(a.name)
        left.removeFirst()
      } else {
        changed.append(right.first?.name ?? one.name)
        right = right.dropFirst()
      }
    }
    return changed
  }
}
