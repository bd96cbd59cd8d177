import StellaLua
import StellaModel
import StellaScripting

/// Runs `on_match` or `on_absent`, which may shape the alert of what was found natively, or drop it by returning nothing.
final class MatchCallback {
  private let script: RuleScript
  private let host: ScriptHost
  private let name: String
  private let callback: KeyPath<RuleScript.Callbacks, LuaFunction?>
  let quarantine = Quarantine()
  private var variables: VariableGuard?
  private var live: (state: LuaState, function: LuaFunction)?

  /// The rule's `on_match`; nil when it has none.
  static func onMatch(_ script: RuleScript, host: ScriptHost) -> MatchCallback? {
    script.manifest.onMatch.map { _ in MatchCallback(script: script, host: host, name: "on_match", callback: \.onMatch)
    }
  }

  /// The rule's `on_absent`; nil when it has none.
  static func onAbsent(_ script: RuleScript, host: ScriptHost) -> MatchCallback? {
    script.manifest.onAbsent.map { _ in
      MatchCallback(script: script, host: host, name: "on_absent", callback: \.onAbsent)
    }
  }

  private init(
    script: RuleScript, host: ScriptHost, name: String, callback: KeyPath<RuleScript.Callbacks, LuaFunction?>
  ) {
    self.script = script
    self.host = host
    self.name = name
    self.callback = callback
  }

  /// The finding as the script wants it. While the script rests after failures, findings pass as they are: detection
  /// outlives a broken decoration.
  ///
  /// - Parameters:
  ///   - fields: what the argument holds beside `key`, and beside `last` when there is an event.
  ///   - event: the deciding event, unless time decided.
  func shaped(
    _ finding: Finding, fields: [(key: String, value: LuaValue)], key: [FieldValue.Member], event: Int?,
    at time: Int64, in context: DetectionContext
  ) -> Finding? {
    guard quarantine.allows(at: time) else { return finding }
    host.event = event
    host.now = time
    let members = key.map { (key: $0.name, value: LuaValue($0.value)) }
    var fields = fields
    fields.append((key: "key", value: .table(LuaTable(fields: members))))
    if event != nil { fields.append((key: "last", value: .record)) }
    do throws(LuaError) {
      let (state, function) = try awake()
      state.bind(cells: context.batch.column(0), stride: EventBatch.capacity)
      var arguments: [LuaArgument] = [.value(.table(LuaTable(fields: fields)))]
      if let event { arguments.append(.event(event)) }
      let result = try host.serve(context) { () throws(LuaError) in try state.call(function, arguments) }
      quarantine.succeeded()
      if let violation = variables?.violation(in: state) { quarantine.stop(violation, at: time) }
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

  /// Reads how a callback fares; one that only one of both versions of the rule has is left out.
  static func restore(_ callback: MatchCallback?, from reader: inout StateReader) throws(StateError) {
    if var section = try reader.optional({ reader throws(StateError) in try reader.section() }) {
      try callback?.quarantine.restore(from: &section)
    }
  }

  private func awake() throws(LuaError) -> (state: LuaState, function: LuaFunction) {
    if let live { return live }
    let (state, callbacks) = try script.open()
    guard let function = callbacks[keyPath: callback] else {
      throw LuaError(kind: .internal, message: "\(name) is gone", file: script.manifest.file)
    }
    live = (state, function)
    variables = VariableGuard(state)
    return (state, function)
  }
}
