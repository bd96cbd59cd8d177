import CStellaLua

/// Encodes values for CStellaLua (see stella_lua.h) into memory that is kept and reused.
struct ValueWriter {
  private(set) var bytes: [UInt8] = []

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Appends a value. `tags` gives the number of a constructor. Throws when tables are nested deeper than `nesting`.
  mutating func write(
    _ value: LuaValue, nesting: Int, tags: (String) -> Int?
  ) throws(LuaHostError) {
    switch value {
    case .nil: bytes.append(UInt8(STELLA_LUA_NIL))
    case .null: bytes.append(UInt8(STELLA_LUA_NULL))
    case .bool(let flag): bytes.append(UInt8(flag ? STELLA_LUA_TRUE : STELLA_LUA_FALSE))
    case .integer(let number):
      bytes.append(UInt8(STELLA_LUA_INTEGER))
      append(number)
    case .double(let number):
      bytes.append(UInt8(STELLA_LUA_DOUBLE))
      append(number.bitPattern)
    case .string(let text):
      bytes.append(UInt8(STELLA_LUA_STRING))
      append(text)
    case .table(let table):
      bytes.append(UInt8(STELLA_LUA_TABLE))
      try write(table, nesting: nesting, tags: tags)
    case .tagged(let name, let table):
      guard let tag = tags(name) else { throw LuaHostError("unknown constructor '\(name)'") }
      bytes.append(UInt8(STELLA_LUA_TAGGED))
      append(UInt32(tag))
      try write(table, nesting: nesting, tags: tags)
    case .function(let function):
      bytes.append(UInt8(STELLA_LUA_FUNCTION))
      append(function.reference)
      append(Int32(clamping: function.line))
    case .record: bytes.append(UInt8(STELLA_LUA_RECORD))
    case .state: bytes.append(UInt8(STELLA_LUA_STATE))
    case .handle(let type, let id):
      bytes.append(UInt8(STELLA_LUA_HANDLE))
      append(Int32(clamping: type))
      append(Int32(clamping: id))
    }
  }

  private mutating func write(
    _ table: LuaTable, nesting: Int, tags: (String) -> Int?
  ) throws(LuaHostError) {
    guard nesting > 0 else { throw LuaHostError("a value is nested too deep for a script") }
    append(UInt32(table.array.count))
    append(UInt32(table.integers.count))
    append(UInt32(table.fields.count))
    for value in table.array { try write(value, nesting: nesting - 1, tags: tags) }
    for field in table.integers {
      append(field.key)
      try write(field.value, nesting: nesting - 1, tags: tags)
    }
    for field in table.fields {
      append(field.key)
      try write(field.value, nesting: nesting - 1, tags: tags)
    }
  }

  private mutating func append(_ text: String) {
    append(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
