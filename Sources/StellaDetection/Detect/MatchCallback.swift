import StellaLua
import StellaModel
import StellaScripting

/// Runs a threshold's `on_match`, which may shape the alert of a match or drop it by returning nothing.
final class MatchCallback {
  private let script: RuleScript
  private let host: ScriptHost
  private let keys: KeySpace
  let quarantine = Quarantine()
  private var live: (state: LuaState, function: LuaFunction)?

  init(script: RuleScript, host: ScriptHost, keys: KeySpace) {
    self.script = script
    self.host = host
    self.keys = keys
  }

  /// `m` has `count`, `first_seen` and `last_seen` (ns), `key` by name, and `last`, the deciding event. While the script
  /// rests after failures, matches pass as they are: detection outlives a broken decoration.
  func shaped(
    _ finding: Finding, key: UInt32, slot: Int, index: Int, at time: Int64, in context: DetectionContext
  ) -> Finding? {
    guard quarantine.allows(at: time) else { return finding }
    host.begin(context)
    host.event = index
    host.now = time
    let members = keys.members(key).map { (key: $0.name, value: LuaValue($0.value)) }
    let match = LuaTable(fields: [
      (key: "count", value: .integer(Int64(finding.count))),
      (key: "first_seen", value: .integer(finding.firstSeen ?? time)),
      (key: "last_seen", value: .integer(time)),
      (key: "key", value: .table(LuaTable(fields: members))),
      (key: "last", value: .record),
    ])
    do throws(LuaError) {
      let (state, function) = try awake()
      state.bind(cells: context.batch.column(0), stride: EventBatch.capacity)
      let result = try state.call(function, [.value(.table(match)), .event(index)])
      quarantine.succeeded()
      if case .nil = result { return nil }
      let reader = FindingReader { _ in nil }
      guard let findings = reader.findings(result, blank: finding) else {
        quarantine.noteUnusable(result)
        return finding
      }
      return findings.first
    } catch {
      quarantine.failed(error, at: time)
      return finding
    }
  }

  private func awake() throws(LuaError) -> (state: LuaState, function: LuaFunction) {
    if let live { return live }
    let (state, callbacks) = try script.open()
    guard let function = callbacks.onMatch else {
      throw LuaError(kind: .internal, message: "on_match is gone", file: script.manifest.file)
    }
    live = (state, function)
    return (state, function)
  }
}
