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
  /// Texts to look at before the database is compiled. Vectorscan can refuse it: then there is no end of them.
  private var trialTexts: Int

  /// - Parameter trialTests: how many tests to run one by one before the database is compiled.
  init(slot: Int, isAccess: Bool, tests: [FieldTest], patterns: [VectorPattern], trialTests: Int) {
    self.slot = slot
    self.isAccess = isAccess
    self.tests = tests
    self.patterns = patterns
    trialTexts = trialTests / max(1, tests.count)
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
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>) {
    if let handle = handle ?? compiledWhenDue() {
      let succeeded = stella_pattern_set_scan(handle, column, events)
      precondition(succeeded, "Vectorscan fails only on a database, text or scratch space that is not valid")
      return
    }
    let trial = trial ?? PatternTrial(tests)
    self.trial = trial
    let looked = trial.scan(column, events)
    if trialTexts != .max { trialTexts = max(0, trialTexts - looked) }
  }

  /// Events that match `tests[position]`, of those scanned; something must have been.
  func bits(_ position: Int) -> UnsafePointer<UInt64> {
    if let trial { return trial.bits(position) }
    guard let handle else { preconditionFailure("bits are asked for after a scan") }
    return stella_pattern_set_bits(handle, UInt32(position))
  }

  /// Positions of the tests with a match.
  var touched: UnsafeBufferPointer<UInt32> {
    guard let handle else { return trial?.touched ?? UnsafeBufferPointer(start: nil, count: 0) }
    var count: UInt32 = 0
    let start = stella_pattern_set_touched(handle, &count)
    return UnsafeBufferPointer(start: start, count: Int(count))
  }

  /// The database, once the trial is over, and with it its results in this batch.
  private func compiledWhenDue() -> OpaquePointer? {
    guard trialTexts == 0, trial?.isFresh ?? true else { return nil }
    handle = compile()
    if handle == nil { trialTexts = .max } else { trial = nil }
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
