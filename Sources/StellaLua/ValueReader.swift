import CStellaLua

/// Decodes values that CStellaLua encoded (see stella_lua.h). The bytes are our own side's, so their shape is trusted;
/// the text in them is not.
struct ValueReader {
  private var bytes: UnsafeRawBufferPointer
  private let constructors: [String]

  init(_ bytes: UnsafeRawBufferPointer, constructors: [String]) {
    self.bytes = bytes
    self.constructors = constructors
  }

  mutating func read() -> LuaValue {
    switch Int(take(UInt8.self)) {
    case STELLA_LUA_NULL: return .null
    case STELLA_LUA_FALSE: return .bool(false)
    case STELLA_LUA_TRUE: return .bool(true)
    case STELLA_LUA_INTEGER: return .integer(take(Int64.self))
    case STELLA_LUA_DOUBLE: return .double(Double(bitPattern: take(UInt64.self)))
    case STELLA_LUA_STRING: return .string(readText())
    case STELLA_LUA_TABLE: return .table(readTable())
    case STELLA_LUA_FUNCTION:
      let reference = take(Int32.self)
      return .function(LuaFunction(reference: reference, line: Int(take(Int32.self))))
    case STELLA_LUA_RECORD: return .record
    case STELLA_LUA_STATE: return .state
    case STELLA_LUA_HANDLE:
      let type = take(Int32.self)
      return .handle(type: Int(type), id: Int(take(Int32.self)))
    case STELLA_LUA_TAGGED:
      let tag = Int(take(UInt32.self))
      return .tagged(constructors[tag], readTable())
    default: return .nil
    }
  }

  var isAtEnd: Bool { bytes.isEmpty }

  /// The beginning of a traced line: its number, and how many values follow.
  mutating func readLineHead() -> (number: Int, count: Int) {
    let number = take(Int32.self)
    return (Int(number), Int(take(UInt8.self)))
  }

  /// The name of a traced value.
  mutating func readName() -> String {
    let count = Int(take(UInt8.self))
    let name = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<count]), as: UTF8.self)
    bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
    return name
  }

  private mutating func readTable() -> LuaTable {
    let arrayCount = Int(take(UInt32.self))
    let integerCount = Int(take(UInt32.self))
    let fieldCount = Int(take(UInt32.self))
    var table = LuaTable()
    table.array.reserveCapacity(arrayCount)
    for _ in 0..<arrayCount { table.array.append(read()) }
    var integers: [LuaTable.IntegerField] = []
    for _ in 0..<integerCount {
      let key = take(Int64.self)
      integers.append(.init(key: key, value: read()))
    }
    var fields: [(key: String, value: LuaValue)] = []
    for _ in 0..<fieldCount {
      let key = readText()
      fields.append((key, read()))
    }
    return LuaTable(array: table.array, integers: integers, fields: fields)
  }

  private mutating func readText() -> String {
    let count = Int(take(UInt32.self))
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<count]), as: UTF8.self)
    bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
    return text
  }

  private mutating func take<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    let number = Number(littleEndian: bytes.loadUnaligned(as: type))
    bytes = UnsafeRawBufferPointer(rebasing: bytes[MemoryLayout<Number>.size...])
    return number
  }
}
