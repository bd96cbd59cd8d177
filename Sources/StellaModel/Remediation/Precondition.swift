/// What must hold at the moment of the effect, checked together with it where the target allows.
package enum Precondition: Sendable, Hashable {
  case none
  /// Exactly so many rows are found (or, for an insert, added), and each holds its before-values. In the transaction of the
  /// effect.
  case rows(exactly: Int)
  /// The effect's observation says that it isn't applied.
  case observedNotApplied
}
