import CStellaValue
import StellaLua
import StellaModel
import StellaScripting

/// What one call of a script's function did, for people who ask why it found nothing.
package struct ScriptTrace: Sendable {
  /// A call of a method of native state.
  package struct Call: Sendable {
    /// The line of the script that called; 0 when unknown.
    package let line: Int
    package let state: String
    package let method: String
    package let arguments: [FieldValue]
    /// Null for nothing.
    package let result: FieldValue
  }

  /// A line that ran, with the plain values that its function saw when it began; nil is null.
  package struct Visit: Sendable {
    package let line: Int
    package let values: [(name: String, value: FieldValue)]
  }

  package enum Outcome: Sendable {
    case nothing
    /// It returned something: an alert, unless the rule is wrong.
    case value
    case failed(String)
  }

  /// Nanoseconds since the epoch.
  package let time: Int64
  package let visits: [Visit]
  package let calls: [Call]
  package let outcome: Outcome
}

/// Collects the ``ScriptTrace``s of one rule.
final class ScriptTracer {
  private static let callLimit = 1000

  /// The last check of each slot.
  private(set) var checks: [Int: ScriptTrace] = [:]
  /// The last call of `on` that nobody has taken.
  var event: ScriptTrace?
  // The detector holds it; a state holds its host, and that holds this.
  private unowned let state: LuaState
  private let explained: (LuaError) -> LuaError
  private let names: [(state: String, methods: [ScriptName])]
  private var calls: [ScriptTrace.Call] = []

  init(_ state: LuaState, _ script: RuleScript) {
    self.state = state
    explained = { [unowned script] in script.explained($0) }
    names = script.manifest.state.compactMap { field in
      guard case .primitive(let name, _) = field.content else { return nil }
      return (field.name, ScriptRegistry.primitive(name)?.methods ?? [])
    }
  }

  func note(_ handle: Int, _ method: Int, _ arguments: UnsafeBufferPointer<stella_value>, _ result: FieldValue) {
    guard handle < names.count, method < names[handle].methods.count else { return }
    let called = names[handle].methods[method]
    // What answers nothing has nothing to tell.
    if called.returns.isEmpty { return }
    if calls.count >= Self.callLimit { calls.removeAll() }
    calls.append(
      ScriptTrace.Call(
        line: state.callingLine, state: names[handle].state, method: called.name,
        arguments: arguments.map { FieldValue($0) }, result: result))
  }

  /// A function is about to be called.
  func begin() { calls.removeAll() }

  /// The call that was just made.
  func trace(_ status: LuaCallStatus, at time: Int64) -> ScriptTrace {
    let outcome: ScriptTrace.Outcome =
      switch status {
      case .nothing: .nothing
      case .value: .value
      case .failed: .failed(explained(state.takeError()).advice)
      }
    let visits = state.tracedLines().map { line in
      ScriptTrace.Visit(
        line: line.line, values: line.values.map { ($0.name, FieldValue(scalar: $0.value) ?? .null) })
    }
    return ScriptTrace(time: time, visits: visits, calls: calls, outcome: outcome)
  }

  func noteEvent(_ status: LuaCallStatus, at time: Int64) { event = trace(status, at: time) }
  func noteCheck(_ slot: Int, _ status: LuaCallStatus, at time: Int64) { checks[slot] = trace(status, at: time) }
  func drop(_ slot: Int) { checks[slot] = nil }
}
