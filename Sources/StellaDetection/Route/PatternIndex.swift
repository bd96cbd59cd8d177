import CStellaMatch
import CStellaValue

/// All patterns that some filters look for in one field, scanned for at once.
///
/// Compiling a database of some dozen expressions takes up to a second. So it waits until there is a text to scan, and
/// until as many were looked at with the tests one by one as make it worth while. Both ways give the same answers.
final class PatternIndex {
  let slot: Int
  /// Whether filters are found by it; otherwise it only answers for events that are candidates already.
  let isAccess: Bool
  let tests: [FieldTest]
  private let patterns: [VectorPattern]
  private var handle: OpaquePointer?
  // Holds the confirmations that the database points to.
  private var regexes: [RegularExpression?] = []
  private var trial: PatternTrial?
  /// Tests to run before the database is compiled. Vectorscan can refuse it: then there is no end of them.
  private var trialTests: Int

  /// - Parameter trialTests: how many tests to run one by one before the database is compiled.
  init(slot: Int, isAccess: Bool, tests: [FieldTest], patterns: [VectorPattern], trialTests: Int) {
    self.slot = slot
    self.isAccess = isAccess
    self.tests = tests
    self.patterns = patterns
    self.trialTests = trialTests
  }

  deinit { if let handle { stella_pattern_set_destroy(handle) } }

  /// Bytes of the database and its results; none before it is compiled.
  var size: Int { handle.map { stella_pattern_set_size($0) } ?? 0 }

  /// Forgets the previous batch.
  func begin() {
    if let handle { stella_pattern_set_begin(handle) }
    trial?.begin()
  }

  /// Looks at those of `events` that were not looked at in this batch.
  ///
  /// - Parameter position: the one test that is asked for, nil for all of them.
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>, test position: Int? = nil) {
    if let handle = handle ?? compiledWhenDue() {
      let succeeded = stella_pattern_set_scan(handle, column, events)
      precondition(succeeded, "Vectorscan fails only on a database, text or scratch space that is not valid")
      return
    }
    let trial = trial ?? PatternTrial(tests)
    self.trial = trial
    var run = 0
    if let position {
      run = trial.scan(column, events, test: position)
    } else {
      for position in tests.indices { run += trial.scan(column, events, test: position) }
    }
    if trialTests != .max { trialTests = max(0, trialTests - run) }
  }

  /// Events that match `tests[position]`, of those scanned; something must have been.
  func bits(_ position: Int) -> UnsafePointer<UInt64> {
    if let trial { return trial.bits(position) }
    guard let handle else { preconditionFailure("bits are asked for after a scan") }
    return stella_pattern_set_bits(handle, UInt32(position))
  }

  /// Calls `body` with each of the tests that has a match.
  @inline(__always)
  func forEachTouched(_ body: (Int) -> Void) {
    guard let handle else {
      if let trial { for position in tests.indices where stella_bits_any(trial.bits(position)) { body(position) } }
      return
    }
    var count: UInt32 = 0
    let start = stella_pattern_set_touched(handle, &count)
    for position in UnsafeBufferPointer(start: start, count: Int(count)) { body(Int(position)) }
  }

  /// The database, once the trial is over, and with it its results in this batch.
  private func compiledWhenDue() -> OpaquePointer? {
    guard trialTests == 0, trial?.isFresh ?? true else { return nil }
    handle = compile()
    if handle == nil { trialTests = .max } else { trial = nil }
    return handle
  }

  /// Nil when Vectorscan takes the patterns alone but not together. One that is at fault by itself is replaced by a
  /// pattern that hits every text, which RE2 then decides on.
  private func compile() -> OpaquePointer? {
    var patterns = patterns
    while true {
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
      let set = withExtendedLifetime(pool) {
        stella_pattern_set_create(values, UInt32(values.count), &refused, nil, 0)
      }
      if let set { return set }
      guard let test = Int(exactly: refused), tests.indices.contains(test), case .matches = tests[test].question,
        patterns[test] != .hitsEverything
      else { return nil }
      patterns[test] = .hitsEverything
    }
  }
}
