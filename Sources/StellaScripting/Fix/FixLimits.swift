import StellaLua

/// What the functions of a fix may use, each by itself.
package struct FixLimits: Sendable, Hashable {
  /// Of the file when it is loaded, and of `when`.
  package var when = LuaLimits()
  /// Of `plan` and of `verify`; time that a target takes to answer is not counted.
  package var plan: LuaLimits = {
    var limits = LuaLimits()
    limits.memoryBytes = 8 << 20
    limits.stepsPerCall = 5_000_000
    limits.deadline = .seconds(2)
    return limits
  }()
  /// Questions of one call to its targets.
  package var queries = 100
  /// Rows of one answer.
  package var rows = 5_000
  /// Of one answer: 8 a value, and the bytes of texts.
  package var answerBytes = 2 << 20
  /// Of one statement.
  package var statementBytes = 16 << 10
  /// That one plan may declare.
  package var effects = 1_000
  /// Notes of one plan, and the bytes of each.
  package var notes = 20
  package var noteBytes = 500

  package init() {}
}
