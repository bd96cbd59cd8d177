/// What can be promised about an effect whose answer was lost. The raw value is what logs and screens write.
package enum EffectClass: String, Sendable, Hashable, CaseIterable {
  /// A marker row commits in the same transaction: exactly once.
  case tx
  /// The target honours an idempotency key: repeated with the same key, exactly once as far as the target keeps its word.
  case keyed
  /// An observation tells whether it was applied: at most once.
  case probe
  /// Nothing tells: at most once, never repeated, and a person finds out.
  case blind
}

extension Effect {
  /// The classes it may be applied with, the strongest first. Never empty.
  package var classes: [EffectClass] {
    switch self {
    case .sqlUpdate, .sqlInsert, .sqlDelete, .sqlRestore: [.tx]
    case .httpRequest(let request):
      (request.idempotencyHeader == nil ? [] : [.keyed]) + (request.observation == nil ? [] : [.probe]) + [.blind]
    case .exec(let exec):
      (exec.host?.isKeyed == true ? [.keyed] : []) + (exec.observation == nil ? [] : [.probe]) + [.blind]
    // Repeated under the same key, by which those who read the stream know it again.
    case .eventEmit: [.keyed]
    }
  }

  package var strongestClass: EffectClass { classes[0] }
}
