/// Performs the effects of one target that isn't a database. Each call blocks its thread; calls may come from several threads.
package protocol EffectExecutor: Sendable {
  /// The name in the configuration; nil for what stays within the engine.
  var name: String? { get }

  /// Which thing the name stands for now.
  func identity() throws(TargetError) -> TargetIdentity?

  /// Judges an effect, and its undo, by the target's configuration, without doing anything.
  ///
  /// - Throws: `refused`, with what would have been allowed.
  func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission

  /// The effect with what the target itself says about it, which becomes part of the plan: asked whenever a plan is
  /// made, and compared with what was approved. Changes nothing.
  func completed(_ effect: Effect, isUndo: Bool) throws(TargetError) -> Effect

  /// What takes an effect back, where the fix doesn't say; nil when the target doesn't know either.
  func undo(of effect: Effect) -> Effect?

  /// Performs it once, and waits for the answer within the bounds of the target. Never tries again by itself.
  ///
  /// - Parameters:
  ///   - effect: without references to results.
  ///   - marker: its ``EffectMarker/key`` is the idempotency key where the effect has one.
  func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome

  /// Asks the effect's observation, which changes nothing. `unclear` when it has none or can't be asked.
  func observe(_ effect: Effect) -> EffectOutcome

  /// How long after it was begun an effect without an answer may still arrive. Until then an observation that it isn't there
  /// says nothing.
  var arrival: Duration { get }
}

extension EffectExecutor {
  package func completed(_ effect: Effect, isUndo: Bool) throws(TargetError) -> Effect { effect }

  package func undo(of effect: Effect) -> Effect? { nil }

  /// None: when there is no answer, the sender can no longer act.
  package var arrival: Duration { .zero }
}

package struct EffectAdmission: Sendable, Hashable {
  /// Whether the target's configuration says that it may run without being asked about.
  package var isSafe: Bool
  /// Why, in a few words for people.
  package var reason: String

  package init(isSafe: Bool, reason: String) {
    self.isSafe = isSafe
    self.reason = reason
  }
}

/// What became of an effect, with a line for people: an answer's status, an exit code, the end of an error output. Without
/// secrets, and not escaped.
package enum EffectOutcome: Sendable, Hashable {
  case applied(String)
  /// It is certain that nothing was changed, and that nothing will be: the sender can no longer act.
  case notApplied(String)
  case unclear(String)
}

/// Where values of secrets come from, at the moment they are used.
package protocol SecretSource: Sendable {
  /// - Throws: `refused` when there is no such secret, or another version of it is in force.
  func value(of reference: SecretReference) throws(TargetError) -> [UInt8]
  /// All of them, to be looked for in bytes that must hold none.
  var all: [(reference: SecretReference, value: [UInt8])] { get }
}
