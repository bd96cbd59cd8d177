import CStellaMatch
import CStellaValue

/// All patterns that some filters look for in one field, scanned for at once.
final class PatternIndex {
  let slot: Int
  /// Whether filters are found by it; otherwise it only answers for events that are candidates already.
  let isAccess: Bool
  let tests: [FieldTest]
  private let handle: OpaquePointer
  // Holds the confirmations that the database points to.
  private let regexes: [RegularExpression?]

  /// Vectorscan took none of them together, or one of them not.
  enum Refusal: Error {
    case one(FieldTest)
    case all
  }

  init(slot: Int, isAccess: Bool, tests: [FieldTest], patterns: [VectorPattern]) throws(Refusal) {
    self.slot = slot
    self.isAccess = isAccess
    self.tests = tests
    regexes = zip(tests, patterns).map { test, pattern in
      guard pattern.needsConfirmation, case .matches(let source) = test.question else { return nil }
      return try? RegularExpression(source)
    }
    let pool = ConstantPool()
    let values = zip(patterns, regexes).map { pattern, regex in
      let bytes = pool.bytes(pattern.expression.map { UInt8(bitPattern: $0) })
      let expression = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped).assumingMemoryBound(to: CChar.self)
      return stella_pattern(expression: expression, flags: pattern.flags, confirmation: regex?.handle)
    }
    var refused: Int32 = -1
    let created = withExtendedLifetime(pool) {
      stella_pattern_set_create(values, UInt32(values.count), &refused, nil, 0)
    }
    guard let created else {
      throw tests.indices.contains(Int(refused)) ? .one(tests[Int(refused)]) : .all
    }
    handle = created
  }

  deinit { stella_pattern_set_destroy(handle) }

  /// Bytes of the database and its results.
  var size: Int { stella_pattern_set_size(handle) }

  /// Forgets the previous batch.
  func begin() { stella_pattern_set_begin(handle) }

  /// Looks at those of `events` that were not looked at in this batch.
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>) {
    let succeeded = stella_pattern_set_scan(handle, column, events)
    precondition(succeeded, "Vectorscan fails only on a database, text or scratch space that is not valid")
  }

  /// Events that match `tests[position]`, of those scanned.
  func bits(_ position: Int) -> UnsafePointer<UInt64> { stella_pattern_set_bits(handle, UInt32(position)) }

  /// Positions of the tests with a match.
  var touched: UnsafeBufferPointer<UInt32> {
    var count: UInt32 = 0
    let start = stella_pattern_set_touched(handle, &count)
    return UnsafeBufferPointer(start: start, count: Int(count))
  }
}
