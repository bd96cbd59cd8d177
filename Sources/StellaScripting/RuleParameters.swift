import StellaLua
import StellaModel

/// What `params { … }` gives a rule: its defaults with the configuration's values in their place.
final class RuleParameters {
  private let overrides: [String: LuaValue]
  private(set) var inForce: [(name: String, value: LuaValue)] = []

  init(overrides: [String: LuaValue]) { self.overrides = overrides }

  func declare(_ arguments: [LuaValue]) throws(LuaHostError) -> LuaValue {
    guard inForce.isEmpty else { throw LuaHostError("params was called before; call it once") }
    guard case .table(let defaults)? = arguments.first, defaults.array.isEmpty else {
      throw LuaHostError("params needs a table of names: params { min_count = 20 }")
    }
    for (name, value) in defaults.fields {
      let override = overrides[name]
      switch (value, override) {
      case (.integer, nil), (.double, nil), (.bool, nil), (.string, nil): inForce.append((name, value))
      case (.integer, .integer(let new)?): inForce.append((name, .integer(new)))
      case (.double, .double(let new)?): inForce.append((name, .double(new)))
      case (.double, .integer(let new)?): inForce.append((name, .double(Double(new))))
      case (.bool, .bool(let new)?): inForce.append((name, .bool(new)))
      case (.string, .string(let new)?): inForce.append((name, .string(new)))
      case (.integer, .some), (.double, .some), (.bool, .some), (.string, .some):
        throw LuaHostError(
          "the configuration sets the parameter \(name) to a value of another type than its default")
      default: throw LuaHostError("the parameter \(name) is neither number, text nor boolean")
      }
    }
    return .table(LuaTable(fields: inForce.map { (key: $0.name, value: $0.value) }))
  }
}
