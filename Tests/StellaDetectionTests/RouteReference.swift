import StellaModel

@testable import StellaDetection

/// The meaning of an expression, written a second time as plainly as possible: one event, one recursion.
struct ReferenceEvaluator {
  let event: [String: TestValue]

  func holds(_ syntax: ConditionSyntax) -> Bool {
    switch syntax.form {
    case .constant(let value): value
    case .not(let inner): !holds(inner)
    case .all(let parts): parts.allSatisfy(holds)
    case .any(let parts): parts.contains(where: holds)
    case .test(let test): holds(test)
    }
  }

  private func value(_ field: String) -> TestValue { event[field] ?? .missing }

  private func text(_ field: String) -> [UInt8]? {
    switch value(field) {
    case .text(let text): Array(text.utf8)
    case .level(let level): Array(level.name.utf8)
    default: nil
    }
  }

  private func holds(_ test: FieldTest) -> Bool {
    let value = value(test.field)
    switch test.question {
    case .present(let wanted): return (value != .missing) == wanted
    case .isNull(let wanted): return wanted ? value == .null : value != .null && value != .missing
    case .isTrue: return value == .bool(true)
    case .compare(let comparison, let literal): return compare(value, comparison, literal.testValue)
    case .compareField(let comparison, let other): return compare(value, comparison, self.value(other))
    case .oneOf(let literals): return literals.contains { compare(value, .equal, $0.testValue) }
    case .level(let mask):
      if case .level(let level) = value { return mask & (1 << level.rawValue) != 0 } else { return false }
    case .text(let kind, let needle, let ignoringCase):
      guard var text = text(test.field) else { return false }
      if ignoringCase { text = text.map { (65...90).contains($0) ? $0 + 32 : $0 } }
      switch kind {
      case .startswith: return text.starts(with: needle)
      case .endswith: return text.reversed().starts(with: needle.reversed())
      case .equals: return text == needle
      case .contains: return needle.isEmpty || text.indices.contains { text[$0...].starts(with: needle) }
      }
    case .matches(let pattern):
      guard let text = text(test.field), let regex = try? RegularExpression(pattern) else { return false }
      return text.withUnsafeBufferPointer { regex.matches($0) }
    case .cidr(let blocks):
      guard let text = text(test.field), let address = try? AddressBlock(text), !text.contains(UInt8(ascii: "/")) else {
        return false
      }
      return blocks.contains { block in
        guard block.bytes.count == address.bytes.count else { return false }
        let bits = { (bytes: [UInt8]) in bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } } }
        return bits(block.bytes).prefix(Int(block.prefix)) == bits(address.bytes).prefix(Int(block.prefix))
      }
    }
  }

  private func compare(_ a: TestValue, _ comparison: Comparison, _ b: TestValue) -> Bool {
    switch (a.plain, b.plain) {
    case (.null, .null): comparison == .equal
    case (.bool(let a), .bool(let b)): comparison == .equal ? a == b : comparison == .unequal && a != b
    case (.text(let a), .text(let b)):
      // Swift compares Strings by canonical equivalence; Lua compares bytes.
      comparison.holds(Array(a.utf8), Array(b.utf8)) { $0.lexicographicallyPrecedes($1) }
    case (.integer(let a), .integer(let b)): comparison.holds(a, b) { $0 < $1 }
    case (.integer(let a), .double(let b)): comparison.holds(placed(a, b).0, placed(a, b).1) { $0 < $1 }
    case (.double(let a), .integer(let b)): comparison.holds(placed(b, a).1, placed(b, a).0) { $0 < $1 }
    case (.double(let a), .double(let b)): comparison.holds(a, b) { $0 < $1 }
    default: false
    }
  }

  /// The side of `double` that `integer` is on, as numbers that compare like them.
  private func placed(_ integer: Int64, _ double: Double) -> (Int64, Int64) {
    if let whole = Int64(exactly: double) { return (integer, whole) }
    if double.magnitude >= 0x1p63 { return double > 0 ? (0, 1) : (1, 0) }
    return integer <= Int64(double.rounded(.down)) ? (0, 1) : (1, 0)
  }
}

extension Comparison {
  fileprivate func holds<T: Equatable>(_ a: T, _ b: T, _ precedes: (T, T) -> Bool) -> Bool {
    switch self {
    case .equal: a == b
    case .unequal: a != b
    case .less: precedes(a, b)
    case .lessOrEqual: a == b || precedes(a, b)
    case .greater: precedes(b, a)
    case .greaterOrEqual: a == b || precedes(b, a)
    }
  }
}

extension TestValue {
  fileprivate var plain: TestValue {
    if case .level(let level) = self { .text(level.name) } else { self }
  }
}

extension Literal {
  fileprivate var testValue: TestValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .double(let value): .double(value)
    case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
    }
  }
}
