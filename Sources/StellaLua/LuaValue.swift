/// A value that crossed between a script and the host. A copy: it shares nothing with the Lua state.
package indirect enum LuaValue: Sendable, Hashable {
  case `nil`
  /// The explicit null of the data, which is not the absence that `nil` is.
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  /// Bytes of a Lua string, repaired to UTF-8.
  case string(String)
  case table(LuaTable)
  case function(LuaFunction)
  /// The event of the current call.
  case record
  /// The state `s` of the current call.
  case state
  /// A native object of the host.
  case handle(type: Int, id: Int)
  /// What a constructor made: its dotted name and its table, or the list of its arguments.
  case tagged(String, LuaTable)
}

/// A table of plain values: 1…n, other integer keys, and string keys.
package struct LuaTable: Sendable, Hashable {
  /// The values of 1…n.
  package var array: [LuaValue]
  /// Other integer keys, ascending.
  package var integers: [IntegerField]
  /// String keys in the order of their bytes.
  package var fields: [(key: String, value: LuaValue)]

  /// The value of an integer key outside 1…n.
  package struct IntegerField: Sendable, Hashable {
    package var key: Int64
    package var value: LuaValue

    package init(key: Int64, value: LuaValue) {
      self.key = key
      self.value = value
    }
  }

  /// Sorts `fields` and `integers`. O(n log n).
  package init(
    array: [LuaValue] = [], integers: [IntegerField] = [], fields: [(key: String, value: LuaValue)] = []
  ) {
    self.array = array
    self.integers = integers.sorted { $0.key < $1.key }
    self.fields = fields.sorted { LuaTable.precedes($0.key, $1.key) }
  }

  /// The value of a string key. O(log n).
  package subscript(key: String) -> LuaValue? {
    var low = 0
    var high = fields.count
    while low < high {
      let middle = (low + high) / 2
      if LuaTable.precedes(fields[middle].key, key) { low = middle + 1 } else { high = middle }
    }
    guard low < fields.count, fields[low].key.utf8.elementsEqual(key.utf8) else { return nil }
    return fields[low].value
  }

  package static func == (left: LuaTable, right: LuaTable) -> Bool {
    left.array == right.array && left.integers == right.integers
      && left.fields.elementsEqual(right.fields) { $0.key == $1.key && $0.value == $1.value }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(array)
    hasher.combine(integers)
    for field in fields {
      hasher.combine(field.key)
      hasher.combine(field.value)
    }
  }

  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

/// A function of a loaded script, callable through the state that loaded it for as long as that lives.
package struct LuaFunction: Hashable, Sendable {
  package let reference: Int32
  /// The line of its `function` keyword.
  package let line: Int
}

/// An argument of ``LuaState/call(_:_:)``.
package enum LuaArgument {
  /// The event with this index in the bound batch.
  case event(Int)
  /// The state `s` of this key slot.
  case state(keySlot: Int)
  case value(LuaValue)
}
