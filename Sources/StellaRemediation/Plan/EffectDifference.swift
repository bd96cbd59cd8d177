import StellaModel

/// How one effect differs between two plans.
package struct EffectDifference: Sendable, Hashable {
  /// What of an effect is another than before; the rows are told apart from it.
  package enum Part: Sendable, Hashable {
    /// What it asks for: its selector, its values, its URL …
    case effect
    case effectClass
    case precondition
    case rowLimit
    case undo
    case rowOrder
  }

  /// A row that both plans change, in another way or from other values.
  package struct Row: Sendable, Hashable {
    package let key: NamedValues
    /// Columns that hold another value now, ascending.
    package let before: [String]
    /// Columns that would get another value than the one that was seen, ascending.
    package let after: [String]
  }

  /// Its number in the old plan; nil when it is new.
  package let old: Int?
  /// Its number in the new plan; nil when it is gone.
  package let new: Int?
  package let kind: Effect.Kind
  package let target: String?
  package let oldRows: Int
  package let newRows: Int
  package let parts: [Part]
  /// Keys of rows only the new plan changes, in the order of their canonical forms; the same holds for the others.
  package let addedRows: [NamedValues]
  package let removedRows: [NamedValues]
  package let changedRows: [Row]

  /// Nil when both are the same.
  init?(old: (number: Int, effect: PreparedEffect)?, new: (number: Int, effect: PreparedEffect)?) {
    guard let shown = new?.effect ?? old?.effect else { return nil }
    self.old = old?.number
    self.new = new?.number
    kind = shown.effect.kind
    target = shown.effect.target
    oldRows = old?.effect.rows.count ?? 0
    newRows = new?.effect.rows.count ?? 0
    guard let old = old?.effect, let new = new?.effect else {
      parts = []
      addedRows = new?.effect.rows.map(\.key) ?? []
      removedRows = old?.effect.rows.map(\.key) ?? []
      changedRows = []
      return
    }
    let rows = RowComparison(old.rows, new.rows)
    addedRows = rows.added
    removedRows = rows.removed
    changedRows = rows.changed
    var parts: [Part] = []
    let form = FixPlanWriter.form
    if form({ $0.effect(old.effect) }) != form({ $0.effect(new.effect) }) { parts.append(.effect) }
    if old.effectClass != new.effectClass { parts.append(.effectClass) }
    // The number of rows is told as such.
    if form({ $0.tag(FixPlanTag.Precondition(old.precondition)) })
      != form({ $0.tag(FixPlanTag.Precondition(new.precondition)) })
    {
      parts.append(.precondition)
    }
    if old.rowLimit != new.rowLimit { parts.append(.rowLimit) }
    if form({ $0.undo(old.undo) }) != form({ $0.undo(new.undo) }) { parts.append(.undo) }
    if rows.isReordered { parts.append(.rowOrder) }
    self.parts = parts
    if parts.isEmpty, rows.added.isEmpty, rows.removed.isEmpty, rows.changed.isEmpty { return nil }
  }
}
