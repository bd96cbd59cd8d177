import CStellaValue

@testable import StellaLua

/// A host with one batch of a few events in memory: real cells, real native counters.
final class TestHost: LuaHost {
  static let counter = LuaHandleType(name: "counter", methods: ["add", "count", "list", "refuse", "index"])
  static let capacity = 8

  /// Objects made by refused calls; all must be gone once the calls have returned.
  final class Witness {
    nonisolated(unsafe) static var alive = 0
    init() { Witness.alive += 1 }
    deinit { Witness.alive -= 1 }
  }

  private var columns: [String: Int32] = [:]
  private var unplanned: [String: stella_value] = [:]
  let cells: UnsafeMutablePointer<stella_value>
  private var texts: [UnsafeMutableBufferPointer<UInt8>] = []
  var counts: [SIMD2<Int>: Int64] = [:]
  var columnQuestions = 0

  init() {
    cells = .allocate(capacity: 64 * TestHost.capacity)
    cells.initialize(repeating: stella_value(), count: 64 * TestHost.capacity)
  }

  deinit {
    cells.deallocate()
    for text in texts { text.deallocate() }
  }

  func cell(_ value: LuaValue) -> stella_value {
    var cell = stella_value()
    switch value {
    case .null: cell.kind = UInt8(STELLA_NULL)
    case .bool(let flag):
      cell.kind = UInt8(STELLA_BOOL)
      cell.i = flag ? 1 : 0
    case .integer(let number):
      cell.kind = UInt8(STELLA_INT)
      cell.i = number
    case .double(let number):
      cell.kind = UInt8(STELLA_DOUBLE)
      cell.d = number
    case .string(let text):
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.utf8.count))
      _ = bytes.update(fromContentsOf: text.utf8)
      texts.append(bytes)
      cell.kind = UInt8(STELLA_STRING)
      cell.p = UnsafePointer(bytes.baseAddress)
      cell.length = UInt32(text.utf8.count)
    default: break
    }
    return cell
  }

  /// Sets a field that has a column.
  func set(_ name: String, _ event: Int = 0, _ value: LuaValue) {
    let column = columns[name] ?? Int32(columns.count)
    columns[name] = column
    cells[Int(column) * TestHost.capacity + event] = cell(value)
  }

  /// Sets a field that has none.
  func setUnplanned(_ name: String, _ value: LuaValue) { unplanned[name] = cell(value) }

  /// Sets an array field with a JSON text.
  func setJSON(_ name: String, _ text: String) {
    set(name, 0, .string(text))
    cells[Int(columns[name]!) * TestHost.capacity].kind = UInt8(STELLA_ARRAY)
  }

  func column(of name: UnsafeBufferPointer<UInt8>) -> Int32 {
    columnQuestions += 1
    return columns[String(decoding: name, as: UTF8.self)] ?? -1
  }

  func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>) {
    if let value = unplanned[String(decoding: name, as: UTF8.self)] { result.pointee = value }
  }

  func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue {
    .table(LuaTable(array: [.string("json"), .integer(Int64(cell.length))]))
  }

  func call(
    type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
    result: UnsafeMutablePointer<stella_value>
  ) throws(LuaHostError) -> LuaValue? {
    switch TestHost.counter.methods[method] {
    case "add":
      let step = arguments.first.map { $0.kind == UInt8(STELLA_INT) ? $0.i : 1 } ?? 1
      counts[SIMD2(handle, keySlot), default: 0] += step
      return nil
    case "count":
      result.pointee.kind = UInt8(STELLA_INT)
      result.pointee.i = counts[SIMD2(handle, keySlot), default: 0]
      return nil
    case "list":
      return .table(
        LuaTable(array: [.integer(1), .null, .string("three")], fields: [("b", .bool(true)), ("a", .nil)]))
    case "index":
      result.pointee.kind = UInt8(STELLA_INT)
      result.pointee.i = arguments.first.map { $0.kind == UInt8(STELLA_RECORD) ? $0.i : -1 } ?? -2
      return nil
    default:
      let witness = Witness()
      defer { withExtendedLifetime(witness) {} }
      throw LuaHostError("refused by the counter")
    }
  }
}

/// A state with the test host, and short ways to run things in it.
struct Fixture {
  let host = TestHost()
  let state: LuaState

  init(limits: LuaLimits = LuaLimits(), functions: [String: LuaHostFunction] = [:]) throws {
    let library = LuaLibrary(
      constructors: ["rule", "alert", "window.count", "ring"], functions: functions,
      handleTypes: [TestHost.counter], host: host)
    state = try LuaState(limits: limits, library: library)
    state.bind(cells: host.cells, stride: TestHost.capacity)
  }

  func load(_ source: String, name: String = "Rules/test.lua") throws -> LuaValue {
    try state.load(Array(source.utf8), name: name)
  }

  /// Loads a chunk that returns a function.
  func function(_ source: String, name: String = "Rules/test.lua") throws -> LuaFunction {
    guard case .function(let function) = try load("return " + source, name: name) else {
      throw LuaHostError("no function")
    }
    return function
  }

  /// Calls `function(e, s)` and returns what it returned.
  func call(_ function: LuaFunction, event: Int = 0, slot: Int = 0) throws -> LuaValue {
    switch state.callHot(function, eventIndex: event, keySlot: slot) {
    case .nothing: return .nil
    case .value: return try state.takeResult()
    case .failed: throw state.takeError()
    }
  }

  /// The result of an expression of a fresh chunk.
  func evaluate(_ expression: String) throws -> LuaValue { try load("return " + expression) }
}

func failure(_ body: () throws -> Void) -> LuaError? {
  do {
    try body()
    return nil
  } catch let error as LuaError {
    return error
  } catch {
    return nil
  }
}
