import CStellaMatch
import CStellaValue

/// All limits that filters set for one numeric field, sorted, so that a batch's largest and smallest value tell which
/// filters can match at all.
struct RangeIndex {
  let slot: Int
  /// `>` and `>=`, ascending by limit.
  private let above: [(limit: Double, filter: Int)]
  /// `<` and `<=`, descending by limit.
  private let below: [(limit: Double, filter: Int)]

  init(slot: Int, ranges: [(comparison: Comparison, literal: Literal, filter: Int)]) {
    self.slot = slot
    var above: [(limit: Double, filter: Int)] = []
    var below: [(limit: Double, filter: Int)] = []
    for (comparison, literal, filter) in ranges {
      let limit: Double
      switch literal {
      case .integer(let value): limit = Double(value)
      case .double(let value): limit = value
      case .null, .bool, .text: preconditionFailure("ranges have numeric limits")
      }
      if comparison == .greater || comparison == .greaterOrEqual {
        above.append((limit, filter))
      } else {
        below.append((limit, filter))
      }
    }
    self.above = above.sorted { $0.limit < $1.limit }
    self.below = below.sorted { $0.limit > $1.limit }
  }

  /// Calls `visit` for each filter that some of `events` may satisfy; `numbers` becomes the events that are numbers.
  ///
  /// Values and limits are rounded to doubles. Rounding keeps order, so a filter may be visited in vain, never missed.
  func scan(
    _ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>, numbers: UnsafeMutablePointer<UInt64>,
    visit: (Int) -> Void
  ) {
    stella_bits_clear(numbers)
    var smallest = Double.infinity
    var largest = -Double.infinity
    CellTest.forEach(events) { event in
      let cell = column + event
      guard cell.pointee.kind == STELLA_INT || cell.pointee.kind == STELLA_DOUBLE else { return }
      let value = stella_value_rounded(cell)
      if value < smallest { smallest = value }
      if value > largest { largest = value }
      numbers[event >> 6] |= 1 << UInt64(event & 63)
    }
    guard smallest <= largest else { return }
    for entry in above {
      if entry.limit > largest { break }
      visit(entry.filter)
    }
    for entry in below {
      if entry.limit < smallest { break }
      visit(entry.filter)
    }
  }
}
