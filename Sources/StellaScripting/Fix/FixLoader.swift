import StellaLua
import StellaModel

/// Why a fix file is not active.
package struct FixRefusal: Error, Sendable {
  package var file: String
  /// The fix's id when that much could be read.
  package var id: String?
  package var errors: [FixError]

  package init(file: String, id: String?, errors: [FixError]) {
    self.file = file
    self.id = id
    self.errors = errors
  }
}

/// Runs fix files in sandboxes and reads what they declare.
package enum FixLoader {
  /// Loads one fix: runs its file once and keeps nothing of that run.
  ///
  /// - Throws: a refusal with every error found.
  package static func load(_ source: RuleSource, limits: FixLimits = FixLimits()) throws(FixRefusal) -> FixScript {
    var manifest = FixManifest()
    manifest.file = source.file
    // No effect is made now, so nothing need be known of them yet.
    let host = FixHost(manifest: manifest, written: WrittenEffects(), targets: [:], limits: limits)
    let result: LuaValue
    do throws(LuaError) {
      let (state, _, value) = try open(source, host: host, limits: limits.when)
      state.close()
      result = value
    } catch {
      throw FixRefusal(file: source.file, id: nil, errors: [host.failure ?? FixError(error)])
    }
    if let failure = host.failure { throw FixRefusal(file: source.file, id: nil, errors: [failure]) }
    guard case .tagged("fix", let table) = result else {
      throw FixRefusal(
        file: source.file, id: nil,
        errors: [
          FixError(
            .noFix, "the file returns no fix",
            remedy: "End it with: return fix { api = 1, id = \"…\", title = \"…\", plan = function(ctx, p) … end }",
            file: source.file, line: 1)
        ])
    }
    var reader = FixManifestReader(
      file: source.file, table: table, lines: ManifestLines(source: source.text, constructor: "fix"))
    manifest = reader.read()
    let written = WrittenEffects(source: source.text, names: ScriptRegistry.effects.map(\.name))
    let errors =
      reader.errors
      + written.faults.map { FixError(.effect, $0.message, remedy: $0.remedy, file: source.file, line: $0.line) }
    guard errors.isEmpty else {
      throw FixRefusal(file: source.file, id: manifest.id.isEmpty ? nil : manifest.id, errors: errors)
    }
    return FixScript(manifest: manifest, source: source, limits: limits, written: written)
  }

  /// Runs the file in a new state. Gives the table that functions get as `ctx`; scripts can't reach it otherwise.
  static func open(
    _ source: RuleSource, host: FixHost, limits: LuaLimits
  ) throws(LuaError) -> (state: LuaState, context: LuaValue, result: LuaValue) {
    let state = try LuaState(limits: limits, library: host.library)
    host.state = state
    let context = try state.load(Array("local c = ctx; ctx = nil; return c".utf8), name: "ctx")
    return (state, context, try state.load(source.text, name: source.file))
  }
}
