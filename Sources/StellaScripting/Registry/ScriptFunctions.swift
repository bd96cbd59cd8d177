import StellaLua
import StellaModel

/// Functions that a host adds to what the scripts of rules see, described like those of the script API itself.
package struct ScriptFunctions: Sendable {
  /// One of them.
  package struct Function: Sendable {
    package var name: ScriptName
    /// Steps that a call takes from the budget of the script.
    package var steps: Int
    package var body: @Sendable ([LuaValue]) throws(LuaHostError) -> LuaValue

    package init(
      _ name: ScriptName, steps: Int, body: @escaping @Sendable ([LuaValue]) throws(LuaHostError) -> LuaValue
    ) {
      self.name = name
      self.steps = steps
      self.body = body
    }
  }

  package static let none = ScriptFunctions([])

  /// In the order of their names.
  package let functions: [Function]

  package init(_ functions: [Function]) {
    self.functions = functions.sorted { $0.name.name < $1.name.name }
  }

  package var names: [ScriptName] { functions.map(\.name) }

  /// The tables that hold them.
  package var tables: [String] {
    var seen: Set<String> = []
    return names.compactMap { $0.name.split(separator: ".").first.map(String.init) }.filter { seen.insert($0).inserted }
  }

  var bodies: [String: LuaHostFunction] {
    Dictionary(functions.map { ($0.name.name, $0.body) }) { first, _ in first }
  }

  var costs: [String: Int] { Dictionary(functions.map { ($0.name.name, $0.steps) }) { first, _ in first } }
}

extension ScriptRegistry {
  /// Tables and globals that are the script API's own, for rules, fixes and tests: none of them can be a host's.
  package static let ownNames: Set<String> = {
    let dotted =
      constructorNames + libraryTables + functions.map(\.name) + (libraryFunctions + libraryValues).map(\.name)
      + fixDeclarations.map(\.name) + effects.map(\.constructor.name) + fixContextFunctions.map(\.name)
      + ["ctx", "test", "rules", "fixes"]
    return Set(dotted.compactMap { $0.split(separator: ".").first.map(String.init) })
  }()

  /// Words of Lua that can't be names.
  package static let reservedWords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]
}
