import CStellaMatch
import CStellaValue
import StellaModel

/// Takes the events away that exceptions name, before a rule sees anything of them. Only rules with exceptions have one, and
/// it looks at no event that the rule would not see: the others cost nothing.
package final class ExceptionFilter {
  /// How many events an exception has taken away since the engine began.
  package struct Count: Sendable, Hashable {
    package var events = 0
    /// Event times, of one batch.
    fileprivate var first = Int64.max
    fileprivate var last = Int64.min
  }

  package let exceptions: [RuleException]
  /// Of ``exceptions``, in their order.
  package let expressions: [Expression]
  @exclusivity(unchecked) package private(set) var counts: [Count]

  /// Where it is noted what was taken away.
  var decisions: DecisionLog?

  private let graph = FilterGraph()
  private let roots: [Int]
  /// Columns of ``FilterGraph/fields`` in every batch.
  private let columnOf: [Int]
  private let levelSlot: Int?
  private static let words = Router.words
  /// What an exception matches; all that is excepted; then what is left for each condition of the rule.
  private let matching: UnsafeMutablePointer<UInt64>
  private let excepted: UnsafeMutablePointer<UInt64>
  private let left: UnsafeMutablePointer<UInt64>
  /// Stands in for columns that a batch does not have.
  private let absent: UnsafeMutablePointer<stella_value>

  /// - Parameters:
  ///   - conditions: how many conditions the rule has at most: its parts, `where`, `resolve_when` and `cancel_on`.
  ///   - fields: gains a column for each field that an exception reads.
  init(_ exceptions: [(exception: RuleException, expression: Expression)], conditions: Int, fields: FieldRegister) {
    self.exceptions = exceptions.map(\.exception)
    expressions = exceptions.map(\.expression)
    counts = Array(repeating: Count(), count: exceptions.count)
    roots = expressions.map { [graph] in graph.add($0.condition) { _ in nil } }
    let needsLevels = expressions.contains { $0.condition.tests.contains { $0.levelMask != nil } }
    levelSlot = needsLevels ? graph.slot(of: FieldName.level) : nil
    columnOf = graph.fields.map { fields.table.column(of: $0) }
    graph.seal()
    matching = .allocate(capacity: ExceptionFilter.words)
    excepted = .allocate(capacity: ExceptionFilter.words)
    left = .allocate(capacity: max(1, conditions) * ExceptionFilter.words)
    absent = .allocate(capacity: EventBatch.capacity)
    absent.initialize(repeating: stella_value(), count: EventBatch.capacity)
  }

  deinit {
    matching.deallocate()
    excepted.deallocate()
    left.deallocate()
    absent.deallocate()
  }

  /// What is left of the events that each condition of the rule matches: nil where nothing is. Valid until the next call.
  /// O(events that a condition matches).
  func leave(_ conditions: [UnsafePointer<UInt64>?], of batch: EventBatch) -> [UnsafePointer<UInt64>?] {
    stella_bits_clear(left)
    for bits in conditions { if let bits { stella_bits_or(left, bits) } }
    guard stella_bits_any(left) else { return conditions }
    bind(batch)
    stella_bits_clear(excepted)
    for (number, root) in roots.enumerated() {
      // An event that one exception takes away is not counted for the next.
      stella_bits_minus(matching, left, excepted)
      graph.narrow(root, matching)
      count(number, batch)
      stella_bits_or(excepted, matching)
    }
    guard stella_bits_any(excepted) else { return conditions }
    return conditions.enumerated().map { place, bits in
      guard let bits else { return nil }
      let rest = left + place * ExceptionFilter.words
      stella_bits_minus(rest, bits, excepted)
      return stella_bits_any(rest) ? UnsafePointer(rest) : nil
    }
  }

  private func bind(_ batch: EventBatch) {
    graph.begin()
    for (slot, column) in columnOf.enumerated() {
      graph.columns[slot] = UnsafePointer(column < batch.columnCount ? batch.column(column) : absent)
    }
    if let levelSlot { stella_level_bits(graph.columns[levelSlot], Int32(batch.count), graph.levelBits) }
  }

  /// Gives back what came when the exception had expired, and counts the rest.
  private func count(_ number: Int, _ batch: EventBatch) {
    let expires = exceptions[number].expires
    var found = Count()
    for word in 0..<ExceptionFilter.words {
      var bits = matching[word]
      while bits != 0 {
        let bit = bits & (0 &- bits)
        let time = batch.times[word << 6 | bits.trailingZeroBitCount]
        bits &= bits &- 1
        if time < expires {
          found.events += 1
          found.first = min(found.first, time)
          found.last = max(found.last, time)
        } else {
          matching[word] &= ~bit
        }
      }
    }
    if found.events == 0 { return }
    counts[number].events += found.events
    let exception = exceptions[number]
    decisions?.excepted(
      found.events, first: found.first, last: found.last,
      reason:
        "an exception of \(exception.author) until \(Timestamp.text(exception.expires)): \(exception.reason) (\(exception.place))"
    )
  }

  /// Goes on with the counts of the exceptions that were there before.
  func takeCounts(from old: ExceptionFilter) {
    for (number, exception) in exceptions.enumerated() {
      if let before = old.exceptions.firstIndex(of: exception) { counts[number] = old.counts[before] }
    }
  }
}
