import StellaLua

/// A loaded rule: what it declares, and its Lua state from when it is first needed.
///
/// Loading runs the file and throws its state away: a rule that never matches keeps none. Running the file again gives the
/// same, because a script can see nothing but its parameters.
package final class RuleScript {
  package let shared: SharedManifest
  private let source: RuleSource
  private let overrides: [String: LuaValue]
  private let limits: LuaLimits
  private let functions: ScriptFunctions
  private let host: any LuaHost
  private var opened: LuaState?
  /// What the script calls its state, from its first failure on.
  private var names: StateNameHint?
  /// Whether the lines that run are noted, in states that are opened from now on.
  package var tracesLines = false
  /// Whether what variables hold at those lines is noted too.
  package var tracesValues = false

  /// The callbacks of a live state.
  package struct Callbacks: Sendable {
    package var on: LuaFunction?
    package var check: LuaFunction?
    package var onMatch: LuaFunction?
    package var onAbsent: LuaFunction?
    package var resolve: LuaFunction?
    package var migrate: LuaFunction?

    package init(
      on: LuaFunction? = nil, check: LuaFunction? = nil, onMatch: LuaFunction? = nil, onAbsent: LuaFunction? = nil,
      resolve: LuaFunction? = nil, migrate: LuaFunction? = nil
    ) {
      self.on = on
      self.check = check
      self.onMatch = onMatch
      self.onAbsent = onAbsent
      self.resolve = resolve
      self.migrate = migrate
    }
  }

  init(
    manifest: RuleManifest, source: RuleSource, overrides: [String: LuaValue], limits: LuaLimits,
    functions: ScriptFunctions, host: any LuaHost
  ) {
    shared = SharedManifest(manifest)
    self.source = source
    self.overrides = overrides
    self.limits = limits
    self.functions = functions
    self.host = host
  }

  deinit { opened?.close() }

  package var manifest: RuleManifest { _read { yield shared.value } }

  /// The lines that ran since the last call of this, ascending.
  package func takeLines() -> [Int] { opened?.takeLines() ?? [] }

  /// The lines that run as the file is loaded, ascending: runs it once more, in a state of its own.
  package func linesAtLoad() -> [Int] {
    let run = try? RuleLoader.run(
      source, overrides: overrides, limits: limits, functions: functions, host: host, tracesLines: true)
    guard let (_, state) = run else { return [] }
    defer { state.close() }
    return state.takeLines()
  }

  /// The error with what the script's own names have to do with it. O(bytes of the source), once.
  package func explained(_ error: LuaError) -> LuaError {
    let names = names ?? StateNameHint(source, declared: manifest.state.map(\.name))
    self.names = names
    return names.added(to: error)
  }

  /// What the live state has used; nil while there is none.
  package var usage: LuaUsage? { opened?.usage }

  /// A new state with the rule's file run in it; the one before is closed. About 50 µs.
  ///
  /// - Throws: what only a lack of memory or a deadline can cause, since the same file ran before. A retry may help.
  package func open() throws(LuaError) -> (state: LuaState, callbacks: Callbacks) {
    opened?.close()
    opened = nil
    do throws(RuleRefusal) {
      let (manifest, state) = try RuleLoader.run(
        source, overrides: overrides, limits: limits, functions: functions, host: host)
      opened = state
      if tracesLines { state.traceLines(upTo: source.lineCount) }
      if tracesLines, tracesValues { state.traceValues() }
      return (
        state,
        Callbacks(
          on: manifest.on, check: manifest.check, onMatch: manifest.onMatch, onAbsent: manifest.onAbsent,
          resolve: manifest.resolveFunction, migrate: manifest.migrate)
      )
    } catch {
      throw LuaError(
        kind: .internal, message: error.errors.first?.message ?? "the rule can't be run again", file: source.file)
    }
  }
}
