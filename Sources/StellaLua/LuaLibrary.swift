/// A function of the host for scripts. Arguments and result are copies; slow, for set-up and rare calls.
package typealias LuaHostFunction = ([LuaValue]) throws(LuaHostError) -> LuaValue

/// A type of native objects and what can be called on them, `object:method(…)`.
package struct LuaHandleType: Sendable, Hashable {
  package var name: String
  /// The position of a method is its number in ``LuaHost/call(type:handle:keySlot:method:arguments:result:)``.
  package var methods: [String]
  /// Whether the methods wait for something outside. They can be called without a key, and their time does not count
  /// towards the deadline of the call.
  package var waits: Bool

  package init(name: String, methods: [String], waits: Bool = false) {
    self.name = name
    self.methods = methods
    self.waits = waits
  }
}

/// What scripts see beside the sandbox's own library. Names are dotted: `window.count` is `count` in the table `window`.
package struct LuaLibrary {
  /// Pure functions that mark their arguments: ``LuaValue/tagged(_:_:)``.
  package let constructors: [String]
  package let functions: [(name: String, body: LuaHostFunction)]
  /// Steps that a call of a function takes from the budget besides those for its arguments and its result, by its name.
  package let costs: [String: Int]
  package let handleTypes: [LuaHandleType]
  package let host: (any LuaHost)?
  /// Made once, shared by all states.
  let entries: Entries

  package init(
    constructors: [String] = [], functions: [String: LuaHostFunction] = [:], costs: [String: Int] = [:],
    handleTypes: [LuaHandleType] = [], host: (any LuaHost)? = nil
  ) {
    self.constructors = constructors
    self.functions = functions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.costs = costs
    self.handleTypes = handleTypes
    self.host = host
    entries = Entries(
      constructors: constructors, functions: self.functions.map { ($0.name, costs[$0.name] ?? 0) },
      handleTypes: handleTypes)
  }

  /// Every name that a script can see: of the sandbox, and of this library.
  package var names: [String] {
    LuaLibrary.sandboxNames + constructors + functions.map(\.name) + handleTypes.flatMap(\.methods)
  }
}

extension LuaLibrary {
  /// The names in the form that CStellaLua reads, and the numbers of constructors.
  final class Entries {
    let bytes: UnsafeBufferPointer<UInt8>
    let tags: [String: Int]

    init(constructors: [String], functions: [(name: String, steps: Int)], handleTypes: [LuaHandleType]) {
      var text: [UInt8] = []
      func add(_ parts: [String]) {
        for part in parts { text += Array(part.utf8) + [0] }
      }
      for name in constructors { add(["c" + name]) }
      for (name, steps) in functions { add(steps > 0 ? ["p" + name, String(steps)] : ["f" + name]) }
      for type in handleTypes { add([(type.waits ? "w" : "h") + type.name] + type.methods + [""]) }
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
      _ = copy.initialize(from: text)
      bytes = UnsafeBufferPointer(copy)
      tags = Dictionary(constructors.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    deinit { bytes.deallocate() }
  }
}
