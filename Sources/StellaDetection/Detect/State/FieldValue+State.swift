import StellaModel

extension StateWriter {
  /// A value as a checkpoint keeps it; read back by ``StateReader/value()``.
  package func write(_ value: FieldValue) {
    switch value {
    case .null: write(0)
    case .bool(let flag):
      write(1)
      write(flag)
    case .integer(let number):
      write(2)
      write(number)
    case .double(let number):
      write(3)
      write(number)
    case .string(let text):
      write(4)
      write(text)
    case .array(let items):
      write(5)
      write(items.count)
      for item in items { write(item) }
    case .object(let members):
      write(6)
      write(members.count)
      for member in members {
        write(member.name)
        write(member.value)
      }
    }
  }
}

extension StateReader {
  /// Arrays and objects within each other that are read; deeper ones can't come from a log line.
  private static let nesting = 256

  package mutating func value() throws(StateError) -> FieldValue { try value(within: 0) }

  private mutating func value(within depth: Int) throws(StateError) -> FieldValue {
    if depth > StateReader.nesting { throw StateError(message: "a value is nested too deep") }
    switch try number(in: 0...6) {
    case 0: return .null
    case 1: return .bool(try bool())
    case 2: return .integer(try integer())
    case 3: return .double(try double())
    case 4: return .string(try text())
    case 5:
      var items: [FieldValue] = []
      for _ in 0..<(try number(in: 0...Int(Int32.max))) { items.append(try value(within: depth + 1)) }
      return .array(items)
    default:
      var members: [FieldValue.Member] = []
      for _ in 0..<(try number(in: 0...Int(Int32.max))) {
        members.append(.init(try text(), try value(within: depth + 1)))
      }
      return .object(members)
    }
  }
}
