/// An effect with all that planning found out about it: what it will change, row by row, and how that is taken back.
package struct PreparedEffect: Sendable {
  package var effect: Effect
  package var effectClass: EffectClass
  package var precondition: Precondition
  /// How many rows it may change at most, by the fix or by policy; 0 for effects that change no rows.
  package var rowLimit: Int
  /// For `sql.*`; a plan keeps those of an update or delete in the order of their keys' canonical forms, whatever order the
  /// database gave them in.
  package var rows: [RowChange]
  package var undo: Undo

  package init(
    _ effect: Effect, class effectClass: EffectClass, precondition: Precondition = .none, rowLimit: Int = 0,
    rows: [RowChange] = [], undo: Undo
  ) {
    self.effect = effect
    self.effectClass = effectClass
    self.precondition = precondition
    self.rowLimit = rowLimit
    self.rows = rows
    self.undo = undo
  }
}
