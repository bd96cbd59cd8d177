import StellaLua
import StellaModel

/// The options of a primitive that the registry describes by ``RuleKey``s, with the defaults filled in.
package struct PrimitiveOptions: Sendable, Hashable {
  private enum Value: Sendable, Hashable {
    case integer(Int64)
    case number(Double)
    case text(String)
  }

  private var values: [String: Value] = [:]

  package init() {}

  /// Nanoseconds; 0 when the option is neither given nor has a default.
  package func duration(_ name: String) -> Int64 {
    if case .integer(let nanoseconds)? = values[name] { nanoseconds } else { 0 }
  }

  package func integer(_ name: String) -> Int { Int(duration(name)) }

  package func number(_ name: String) -> Double? {
    if case .number(let number)? = values[name] { number } else { nil }
  }

  package func text(_ name: String) -> String {
    if case .text(let text)? = values[name] { text } else { "" }
  }

  /// All options in the order of their names.
  package var shape: String {
    values.sorted { $0.key < $1.key }.map { name, value in
      switch value {
      case .integer(let number): "\(name) \(number)"
      case .number(let number): "\(name) \(number)"
      case .text(let text): "\(name) \(text)"
      }
    }.joined(separator: " ")
  }

  package func has(_ name: String) -> Bool { values[name] != nil }

  /// Takes a value that is known to be of the key's kind.
  package mutating func set(_ key: RuleKey, to value: LuaValue) {
    switch (key.kind, value) {
    case (.duration, .string(let text)): values[key.name] = DurationText.nanoseconds(text).map(Value.integer)
    case (.integer, .integer(let number)): values[key.name] = .integer(number)
    case (.number, .integer(let number)): values[key.name] = .number(Double(number))
    case (.number, .double(let number)): values[key.name] = .number(number)
    case (_, .string(let text)): values[key.name] = .text(text)
    default: break
    }
  }

  package mutating func remove(_ name: String) { values[name] = nil }

  /// Takes the key's default, as it is written in the registry.
  package mutating func setDefault(of key: RuleKey) {
    guard let standard = key.standard else { return }
    if case .integer = key.kind {
      values[key.name] = Int64(standard).map(Value.integer)
    } else {
      set(key, to: .string(standard))
    }
  }
}
