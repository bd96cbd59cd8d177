/// How an effect can be taken back.
package enum Undo: Sendable {
  /// The before-images of its row changes are written back, each row only if it still holds what the effect wrote.
  case restore
  /// An effect of its own, which the fix gave.
  case effect(Effect)
  /// Not at all, for this reason.
  case irreversible(reason: String)
}
