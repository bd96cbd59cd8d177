import StellaLua

/// Notices when a script changes a variable outside `s`: such state is in no checkpoint, so that a restart would give other
/// alerts than the same events without one.
struct VariableGuard {
  private var loaded: UInt64?

  /// - Parameter state: in which the script was just loaded and no callback has run.
  init(_ state: LuaState) { loaded = try? state.fingerprint() }

  /// Why the script may not go on; nil when its variables are as they were. O(values the script holds).
  func violation(in state: LuaState) -> LuaError? {
    guard let loaded, let now = try? state.fingerprint(), now != loaded else { return nil }
    return LuaError(
      kind: .runtime,
      message: "the script has changed a variable outside s, which no restart brings back; keep it in s, per key",
      file: state.file)
  }

  /// Whether the variables are to be looked at after so many events of a rule: soon at first, then now and then. It depends
  /// on the events alone, so that a replay stops the rule at the same one.
  static func isDue(afterEvents count: Int) -> Bool {
    count % 1024 == 0 || count < 1024 && count & (count - 1) == 0 && count != 0
  }
}
