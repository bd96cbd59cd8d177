import CStellaValue
import Testing

@testable import StellaLua

@Suite("Native objects that wait") struct WaitingTypeTests {
  /// Works for a while at each call, on the thread of the script.
  private final class BusyHost: LuaHost {
    weak var state: LuaState?
    private(set) var lines: [Int] = []

    func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 { -1 }
    func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {}
    func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue { .nil }

    func call(
      type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
      result: UnsafeMutablePointer<stella_value>
    ) throws(LuaHostError) -> LuaValue? {
      lines.append(state?.callingLine ?? -1)
      var text = ""
      for number in 0..<50_000 { text = String(number) + String(text.prefix(50)) }
      return .integer(Int64(type * 100 + handle * 10 + method))
    }
  }

  private func state(waits: Bool, _ host: BusyHost) throws -> LuaState {
    var limits = LuaLimits()
    limits.deadline = .milliseconds(5)
    let library = LuaLibrary(
      functions: ["line": { (_: [LuaValue]) in .integer(Int64(host.state?.callingLine ?? -1)) }],
      handleTypes: [
        LuaHandleType(name: "plain", methods: ["a"]), LuaHandleType(name: "busy", methods: ["a", "b"], waits: waits),
      ],
      host: host)
    let state = try LuaState(limits: limits, library: library)
    host.state = state
    return state
  }

  private static let script = """
    return function(object)
      local sum = 0
      for i = 1, 5 do
        sum = sum + object:b()
        for j = 1, 2000 do sum = sum + 0 end
      end
      return sum
    end
    """

  @Test("Their methods need no key, and their time is not the script's")
  func waiting() throws {
    let host = BusyHost()
    let state = try state(waits: true, host)
    guard case .function(let function) = try state.load(Array(WaitingTypeTests.script.utf8), name: "w") else {
      throw LuaHostError("no function")
    }
    #expect(try state.call(function, [.value(.handle(type: 1, id: 3))]) == .integer(5 * 131))
    #expect(host.lines == [4, 4, 4, 4, 4])
  }

  @Test("Other types need a key")
  func ordinary() throws {
    let host = BusyHost()
    let state = try state(waits: false, host)
    guard case .function(let function) = try state.load(Array(WaitingTypeTests.script.utf8), name: "w") else {
      throw LuaHostError("no function")
    }
    let error = failure { _ = try state.call(function, [.value(.handle(type: 1, id: 3))]) }
    #expect(error?.message.contains("called for a key") == true && host.lines.isEmpty)
  }

  @Test("A callback learns the line it was called from, also out of a tail call, and 0 when no line called it")
  func lines() throws {
    let host = BusyHost()
    let state = try state(waits: true, host)
    let source = """
      local function tail()
        return line()
      end
      local ok, caught = pcall(line)
      return { line(), tail(), caught,
        line
        () }
      """
    guard case .table(let table) = try state.load(Array(source.utf8), name: "w") else { throw LuaHostError("no table") }
    #expect(table.array.prefix(3) == [.integer(5), .integer(2), .integer(0)])
    #expect([.integer(6), .integer(7)].contains(table.array[3]))
    #expect(state.callingLine == 0)
  }
}
