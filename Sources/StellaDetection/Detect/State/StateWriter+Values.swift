import StellaModel

extension StateWriter {
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
      write(members)
    }
  }

  package func write(_ members: [FieldValue.Member]) {
    write(members.count)
    for member in members {
      write(member.name)
      write(member.value)
    }
  }

  package func write(_ texts: [String]) {
    write(texts.count)
    for text in texts { write(text) }
  }

  /// Nothing, or a value that `body` writes.
  package func write<Value>(_ value: Value?, _ body: (Value) -> Void) {
    write(value != nil)
    if let value { body(value) }
  }
}

extension StateReader {
  /// Deeper values are no log's: the decoders stop earlier.
  private static let nestingLimit = 1024

  package mutating func value(depth: Int = 0) throws(StateError) -> FieldValue {
    guard depth < StateReader.nestingLimit else { throw StateError(message: "a value is nested too deep") }
    switch try integer() {
    case 0: return .null
    case 1: return .bool(try bool())
    case 2: return .integer(try integer())
    case 3: return .double(try double())
    case 4: return .string(try text())
    case 5:
      var items: [FieldValue] = []
      for _ in 0..<(try count()) { items.append(try value(depth: depth + 1)) }
      return .array(items)
    case 6: return .object(try members(depth: depth + 1))
    default: throw StateError(message: "a value is of no known kind")
    }
  }

  package mutating func members(depth: Int = 0) throws(StateError) -> [FieldValue.Member] {
    var members: [FieldValue.Member] = []
    for _ in 0..<(try count()) {
      let name = try text()
      members.append(.init(name, try value(depth: depth)))
    }
    return members
  }

  package mutating func texts() throws(StateError) -> [String] {
    var texts: [String] = []
    for _ in 0..<(try count()) { texts.append(try text()) }
    return texts
  }

  package mutating func optional<Value>(
    _ body: (inout StateReader) throws(StateError) -> Value
  ) throws(StateError) -> Value? {
    try bool() ? try body(&self) : nil
  }

  /// How many of something follow. Each takes a byte at least, so that a changed count can't ask for endless work.
  package mutating func count() throws(StateError) -> Int { try number(in: 0...remaining) }
}
