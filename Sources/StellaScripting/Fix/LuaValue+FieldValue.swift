import StellaLua
import StellaModel

extension LuaValue {
  /// A copy for a script. An empty array and an empty object are both the empty table.
  package init(copy value: FieldValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .table(LuaTable(array: items.map(LuaValue.init(copy:))))
    case .object(let members): self = .table(LuaTable(members: members))
    }
  }
}

extension LuaTable {
  /// Members by name; the first of those with the same name counts.
  init(members: [FieldValue.Member]) {
    var seen: Set<String> = []
    self.init(
      fields: members.filter { seen.insert($0.name).inserted }.map { (key: $0.name, value: LuaValue(copy: $0.value)) })
  }
}

extension FieldValue {
  /// A copy of a script's value; nil for a function, an event and what else only a script can hold, and for a table
  /// that has both a list and names. The empty table is an empty object.
  package init?(copy value: LuaValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .table(let table):
      guard table.integers.isEmpty, table.array.isEmpty || table.fields.isEmpty else { return nil }
      if table.array.isEmpty {
        var members: [Member] = []
        for (key, value) in table.fields {
          guard let copy = FieldValue(copy: value) else { return nil }
          members.append(Member(key, copy))
        }
        self = .object(members)
      } else {
        var items: [FieldValue] = []
        for value in table.array {
          guard let copy = FieldValue(copy: value) else { return nil }
          items.append(copy)
        }
        self = .array(items)
      }
    default: return nil
    }
  }

  /// A text, a finite number or a boolean; nil for anything else.
  init?(scalar value: LuaValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number) where number.isFinite: self = .double(number)
    case .string(let text): self = .string(text)
    default: return nil
    }
  }

  /// What it is, for messages.
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .double: "a number with a fraction"
    case .string: "a text"
    case .array: "a list"
    case .object: "a table"
    }
  }
}
