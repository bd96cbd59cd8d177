import CStellaMatch
import CStellaValue

/// A ``FieldTest`` bound to columns, run on one cell after the other.
///
/// Owns the bytes of its constants. One thread at a time.
final class CellTest {
  private enum Kind {
    case present(Bool)
    case isNull(Bool)
    case isTrue
    /// Outcomes of `stella_value_order` that make it true.
    case compare(Int32, UnsafePointer<stella_value>)
    case compareField(Int32, slot: Int)
    case oneOf(OpaquePointer, orNull: Bool)
    case text(FieldTest.TextTest, UnsafeBufferPointer<UInt8>, ignoringCase: Bool)
    case matches(RegularExpression)
    case cidr(UnsafeBufferPointer<stella_address>)
    case level(UInt8)
  }

  let slot: Int
  private let kind: Kind
  private let constants = ConstantPool()

  /// - Parameter slots: where the graph keeps the column of each field.
  init(_ test: FieldTest, slots: (String) -> Int) {
    slot = slots(test.field)
    switch test.question {
    case .present(let wanted): kind = .present(wanted)
    case .isNull(let wanted): kind = .isNull(wanted)
    case .isTrue: kind = .isTrue
    case .compare(let comparison, let literal): kind = .compare(comparison.outcomes, constants.cells([literal]))
    case .compareField(let comparison, let other): kind = .compareField(comparison.outcomes, slot: slots(other))
    case .oneOf(let literals):
      let values = literals.filter { $0 != .null }
      let set = stella_value_set_create(constants.cells(values), UInt32(values.count))
      guard let set else { preconditionFailure("a value set can always be made") }
      kind = .oneOf(set, orNull: values.count < literals.count)
    case .level(let mask): kind = .level(mask)
    case .text(let test, let needle, let ignoringCase):
      kind = .text(test, constants.bytes(needle), ignoringCase: ignoringCase)
    case .matches(let pattern):
      guard let regex = try? RegularExpression(pattern) else {
        preconditionFailure("the parser has compiled this pattern before")
      }
      kind = .matches(regex)
    case .cidr(let blocks): kind = .cidr(constants.addresses(blocks.map(\.cValue)))
    }
  }

  deinit {
    if case .oneOf(let set, _) = kind { stella_value_set_destroy(set) }
  }

  /// Removes from `events` those whose cell does not pass. O(events set), plus the text that text tests read.
  func narrow(_ columns: UnsafePointer<UnsafePointer<stella_value>>, _ events: UnsafeMutablePointer<UInt64>) {
    let column = columns[slot]
    @inline(__always) func each(_ passes: (UnsafePointer<stella_value>) -> Bool) {
      for word in 0..<Int(STELLA_BITS_WORDS) where events[word] != 0 {
        var rest = events[word]
        var kept: UInt64 = 0
        while rest != 0 {
          if passes(column + (word << 6 | rest.trailingZeroBitCount)) { kept |= rest & (0 &- rest) }
          rest &= rest &- 1
        }
        events[word] = kept
      }
    }
    switch kind {
    case .present(let wanted): each { ($0.pointee.kind != STELLA_MISSING) == wanted }
    case .isNull(true): each { $0.pointee.kind == STELLA_NULL }
    case .isNull(false): each { $0.pointee.kind != STELLA_NULL && $0.pointee.kind != STELLA_MISSING }
    case .isTrue: each { $0.pointee.kind == STELLA_BOOL && $0.pointee.i != 0 }
    case .compare(let outcomes, let literal): each { stella_value_order($0, literal) & outcomes != 0 }
    case .compareField(let outcomes, let slot):
      let other = columns[slot]
      each { stella_value_order($0, other + ($0 - column)) & outcomes != 0 }
    case .oneOf(let set, let orNull):
      each { stella_value_set_find(set, $0) >= 0 || (orNull && $0.pointee.kind == STELLA_NULL) }
    case .level(let mask): each { mask & (1 << ($0.pointee.ordinal & 7)) != 0 }
    case .text(let test, let needle, let ignoringCase):
      each { $0.pointee.kind == STELLA_STRING && test.passes($0.pointee, needle, ignoringCase) }
    case .matches(let regex):
      each {
        $0.pointee.kind == STELLA_STRING && stella_regex_matches(regex.handle, $0.pointee.p, Int($0.pointee.length))
      }
    case .cidr(let blocks):
      each { cell in
        guard cell.pointee.kind == STELLA_STRING else { return false }
        var address = stella_address()
        guard stella_address_parse(cell.pointee.p, Int(cell.pointee.length), &address) else { return false }
        return blocks.indices.contains { stella_address_within(&address, blocks.baseAddress.unsafelyUnwrapped + $0) }
      }
    }
  }

  @inline(__always)
  static func forEach(_ events: UnsafePointer<UInt64>, _ body: (Int) -> Void) {
    for word in 0..<Int(STELLA_BITS_WORDS) {
      var rest = events[word]
      while rest != 0 {
        body(word << 6 | rest.trailingZeroBitCount)
        rest &= rest &- 1
      }
    }
  }
}

extension Comparison {
  var outcomes: Int32 {
    switch self {
    case .equal: Int32(STELLA_EQUAL | STELLA_SAME)
    case .unequal: Int32(STELLA_LESS | STELLA_GREATER | STELLA_UNEQUAL)
    case .less: Int32(STELLA_LESS)
    case .lessOrEqual: Int32(STELLA_LESS | STELLA_EQUAL)
    case .greater: Int32(STELLA_GREATER)
    case .greaterOrEqual: Int32(STELLA_GREATER | STELLA_EQUAL)
    }
  }
}

extension FieldTest.TextTest {
  @inline(__always)
  fileprivate func passes(_ cell: stella_value, _ needle: UnsafeBufferPointer<UInt8>, _ ignoringCase: Bool) -> Bool {
    let length = Int(cell.length)
    guard length >= needle.count, let text = cell.p, let start = needle.baseAddress else {
      return length == 0 && needle.isEmpty
    }
    func equals(at offset: Int) -> Bool {
      ignoringCase
        ? stella_text_equals_caseless(text + offset, start, needle.count)
        : stella_order_bytes(text + offset, UInt32(needle.count), start, UInt32(needle.count)) == STELLA_EQUAL
    }
    switch self {
    case .contains:
      return ignoringCase
        ? stella_text_contains_caseless(text, length, start, needle.count)
        : stella_text_contains(text, length, start, needle.count)
    case .startswith: return equals(at: 0)
    case .endswith: return equals(at: length - needle.count)
    case .equals: return length == needle.count && equals(at: 0)
    }
  }
}
