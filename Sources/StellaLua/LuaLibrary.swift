/// A function of the host for scripts. Arguments and result are copies; slow, for set-up and rare calls.
package typealias LuaHostFunction = ([LuaValue]) throws(LuaHostError) -> LuaValue

/// A type of native objects and what can be called on them, `object:method(…)`.
package struct LuaHandleType: Sendable, Hashable {
  package var name: String
  /// The position of a method is its number in ``LuaHost/call(type:handle:keySlot:method:arguments:result:)``.
  package var methods: [String]

  package init(name: String, methods: [String]) {
    self.name = name
    self.methods = methods
  }
}

/// What scripts see beside the sandbox's own library. Names are dotted: `window.count` is `count` in the table `window`.
package struct LuaLibrary {
  /// Pure functions that mark their arguments: ``LuaValue/tagged(_:_:)``.
  package let constructors: [String]
  package let functions: [(name: String, body: LuaHostFunction)]
  package let handleTypes: [LuaHandleType]
  package let host: (any LuaHost)?
  /// The form that CStellaLua reads; made once for all states.
  let entries: [UInt8]

  package init(
    constructors: [String] = [], functions: [String: LuaHostFunction] = [:], handleTypes: [LuaHandleType] = [],
    host: (any LuaHost)? = nil
  ) {
    self.constructors = constructors
    self.functions = functions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.handleTypes = handleTypes
    self.host = host
    var entries: [UInt8] = []
    func add(_ kind: Character, _ name: String) {
      entries.append(contentsOf: String(kind).utf8)
      entries.append(contentsOf: name.utf8)
      entries.append(0)
    }
    for name in constructors { add("c", name) }
    for function in self.functions { add("f", function.name) }
    for type in handleTypes {
      add("h", type.name)
      for method in type.methods {
        entries.append(contentsOf: method.utf8)
        entries.append(0)
      }
      entries.append(0)
    }
    self.entries = entries
  }

  /// Every name that a script can see: of the sandbox, and of this library.
  package var names: [String] {
    LuaLibrary.sandboxNames + constructors + functions.map(\.name) + handleTypes.flatMap(\.methods)
  }
}
