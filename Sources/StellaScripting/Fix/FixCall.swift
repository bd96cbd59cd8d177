import StellaLua
import StellaModel

/// One function of a fix in a sandbox of its own.
final class FixCall {
  private let phase: FixHost.Phase
  private let host: FixHost
  private let state: LuaState
  private let function: LuaFunction
  private let manifest: FixManifest
  /// What the script gets as `ctx`.
  let context: LuaValue

  /// Runs the file in a new state and finds the function.
  init(_ phase: FixHost.Phase, script: FixScript, host: FixHost, limits: LuaLimits) throws(FixError) {
    self.phase = phase
    self.host = host
    manifest = script.manifest
    do throws(LuaError) {
      let (state, context, result) = try FixLoader.open(script.source, host: host, limits: limits)
      guard case .tagged("fix", let table) = result, case .function(let function)? = table[phase.rawValue] else {
        throw LuaError(kind: .internal, message: "the fix can't be run again", file: script.source.file)
      }
      self.state = state
      self.context = context
      self.function = function
    } catch {
      throw host.failure ?? FixError(error)
    }
    host.phase = phase
  }

  var usage: LuaUsage { state.usage }

  func close() { state.close() }

  /// Calls the function. What the host refused counts even if the script caught it.
  func invoke(_ arguments: [LuaArgument]) throws(FixError) -> LuaValue {
    let result: LuaValue
    do throws(LuaError) {
      result = try state.call(function, arguments)
    } catch {
      throw host.failure.map { located($0, error) } ?? FixError(error)
    }
    if let failure = host.failure { throw located(failure, nil) }
    return result
  }

  private func located(_ failure: FixError, _ error: LuaError?) -> FixError {
    var failure = failure
    if failure.line == 0 { failure.line = error.map(\.line) ?? function.line }
    if let error, error.line == failure.line { failure.traceback = error.traceback }
    return failure
  }

  func error(_ code: FixError.Code, _ message: String, _ remedy: String) -> FixError {
    FixError(code, message, remedy: remedy, file: manifest.file, line: function.line)
  }

  // MARK: - What plan returns

  func plan(from result: LuaValue, limits: FixLimits) throws(FixError) -> DeclaredPlan {
    let returned: LuaTable
    switch result {
    case .handle(FixHost.effectType, _): returned = LuaTable(array: [result])
    case .table(let table): returned = table
    case .nil:
      throw error(.result, "plan returned nothing", "Return the list of effects; { } when there is nothing to change.")
    default:
      throw error(.result, "plan returned \(KeyCheck.kind(result))", "Return the list of effects.")
    }
    if let other = returned.fields.first(where: { $0.key != "notes" }) {
      throw error(
        .result, "plan returned a table with \(other.key)", "Return a list of effects, with notes = { … } at most.")
    }
    guard returned.integers.isEmpty else {
      throw error(
        .result, "the list that plan returned has a nil at \(returned.array.count + 1)",
        "Put in only effects that are there.")
    }
    var order: [Int] = []
    var seen = host.undos
    for (index, item) in returned.array.enumerated() {
      guard case .handle(FixHost.effectType, let id) = item, host.effects.indices.contains(id) else {
        throw error(
          .result, "item \(index + 1) of what plan returned is \(KeyCheck.kind(item)), not an effect",
          "Effects are made with \(ScriptRegistry.effects.map(\.name).joined(separator: ", ")).")
      }
      guard seen.insert(id).inserted else {
        throw error(.result, "item \(index + 1) of what plan returned is there twice", "Each effect happens once.")
      }
      order.append(id)
    }
    if let left = host.effects.indices.first(where: { !seen.contains($0) }) {
      throw error(
        .result,
        "plan made \(host.effects.count - host.undos.count) effects and returned \(order.count) of them; one from line "
          + "\(host.effects[left].line) is left out", "Return every effect, or make only those that are meant.")
    }
    return DeclaredPlan(effects: order.map { host.effects[$0] }, notes: try notes(returned["notes"], limits))
  }

  private func notes(_ value: LuaValue?, _ limits: FixLimits) throws(FixError) -> [String] {
    guard let value else { return [] }
    guard case .table(let list) = value, list.fields.isEmpty, list.integers.isEmpty, list.array.count <= limits.notes
    else {
      throw error(.result, "notes is \(KeyCheck.kind(value))", "It is a list of at most \(limits.notes) texts.")
    }
    var notes: [String] = []
    for case let item in list.array {
      guard case .string(let text) = item, text.utf8.count <= limits.noteBytes else {
        throw error(
          .result, "a note is \(KeyCheck.kind(item))", "A note is a text of at most \(limits.noteBytes) bytes.")
      }
      notes.append(text)
    }
    return notes
  }
}

extension FixError {
  /// A failure of a running script.
  init(_ error: LuaError) {
    let (code, remedy): (Code, String) =
      switch error.kind {
      case .load: (.syntax, "Correct the Lua at that place.")
      case .budget: (.budget, "The script used up its steps: a loop that never ends?")
      case .memory: (.budget, "The script used up its memory: let the target do the work, or plan for less at a time.")
      case .deadline: (.budget, "The script took too long.")
      case .runtime where error.message.hasSuffix("a function can't leave the script here"):
        (.script, "Hand over values only. What ctx has is called with a dot: ctx.db(\"app-db\").")
      case .runtime: (.script, error.traceback.joined(separator: "\n    "))
      case .internal: (.internal, "The script's state was thrown away; try again.")
      }
    self.init(
      code, error.message, remedy: remedy, file: error.file, line: error.line, traceback: error.traceback,
      canRetry: error.kind == .internal || error.kind == .deadline)
  }
}
