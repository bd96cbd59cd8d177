import StellaLua
import StellaModel

/// A loaded fix. Each call runs in a new sandbox that is thrown away, so that no call can leave anything to another.
///
/// Call it on a thread with a stack of 1 MiB or more. A call takes about 100 µs beside the script's own work and the
/// answers of its targets.
package struct FixScript: Sendable {
  package let manifest: FixManifest
  package let source: RuleSource
  package let limits: FixLimits
  let written: WrittenEffects

  /// Whether the fix says that it can help with the alert; true without a `when`.
  package func when(_ alert: Alert) -> FixRun<Bool> {
    guard manifest.hasWhen else { return FixRun(result: .success(true), queries: [], steps: 0, peakMemoryBytes: 0) }
    let run = run(.when, limits: limits.when, targets: [:]) { call throws(FixError) in
      switch try call.invoke([.value(FixScript.table(of: alert))]) {
      case .bool(let flag): return flag
      case .nil: return false
      case let other:
        throw call.error(.result, "when returned \(KeyCheck.kind(other))", "Return true or false.")
      }
    }
    return run.run
  }

  /// What shall change. Asks `targets`, by name, and changes nothing.
  package func plan(_ parameters: FixParameters, targets: [String: any ReadOnlyTarget]) -> FixRun<DeclaredPlan> {
    recordedPlan(parameters, targets: targets).run
  }

  /// Whether the trouble is gone; nil when the fix has no `verify`.
  package func verify(_ parameters: FixParameters, targets: [String: any ReadOnlyTarget]) -> FixRun<Bool>? {
    guard manifest.hasVerify else { return nil }
    let run = run(.verify, limits: limits.plan, targets: targets) { call throws(FixError) in
      let result = try call.invoke([.value(call.context), .value(.table(LuaTable(members: parameters.values)))])
      guard case .bool(let flag) = result else {
        throw call.error(.result, "verify returned \(KeyCheck.kind(result))", "Return true or false.")
      }
      return flag
    }
    return run.run
  }

  func recordedPlan(
    _ parameters: FixParameters, targets: [String: any ReadOnlyTarget]
  ) -> (run: FixRun<DeclaredPlan>, answered: [AnsweredQuery]) {
    run(.plan, limits: limits.plan, targets: targets) { call throws(FixError) in
      let result = try call.invoke([.value(call.context), .value(.table(LuaTable(members: parameters.values)))])
      return try call.plan(from: result, limits: limits)
    }
  }

  private func run<Value: Sendable>(
    _ phase: FixHost.Phase, limits luaLimits: LuaLimits, targets: [String: any ReadOnlyTarget],
    _ body: (FixCall) throws(FixError) -> Value
  ) -> (run: FixRun<Value>, answered: [AnsweredQuery]) {
    let host = FixHost(manifest: manifest, written: written, targets: targets, limits: limits)
    let call: FixCall
    do throws(FixError) {
      call = try FixCall(phase, script: self, host: host, limits: luaLimits)
    } catch {
      return (FixRun(result: .failure(error), queries: [], steps: 0, peakMemoryBytes: 0), [])
    }
    defer { call.close() }
    let result: Result<Value, FixError>
    do throws(FixError) {
      result = .success(try body(call))
    } catch {
      result = .failure(error)
    }
    let usage = call.usage
    return (
      FixRun(
        result: result, queries: host.records, steps: usage.totalSteps, peakMemoryBytes: usage.peakMemoryBytes),
      host.answered
    )
  }

  /// What `when` gets: ``ScriptRegistry/fixAlertFields``.
  private static func table(of alert: Alert) -> LuaValue {
    func names(_ members: [FieldValue.Member]) -> LuaValue { .table(LuaTable(members: members)) }
    return .table(
      LuaTable(fields: [
        ("rule", .string(alert.rule)), ("type", .string(alert.type)), ("severity", .string(alert.severity.rawValue)),
        ("title", .string(alert.title)), ("summary", .string(alert.summary)), ("key", names(alert.key)),
        ("labels", names(alert.labels)), ("count", .integer(Int64(alert.count))),
        ("value", alert.value.map(LuaValue.init(copy:)) ?? .nil),
        ("expected", alert.expected.map(LuaValue.init(copy:)) ?? .nil),
        ("affected_users", .table(LuaTable(array: alert.affectedUsers.map { .string($0) }))),
        ("source", .string(alert.source)),
      ]))
  }
}
