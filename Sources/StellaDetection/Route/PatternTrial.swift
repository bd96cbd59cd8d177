import CStellaMatch
import CStellaValue

/// Text tests over one column, run one by one, with the results of the current batch.
final class PatternTrial {
  private let cells: [CellTest]
  private let bitmaps: UnsafeMutablePointer<UInt64>
  private let scanned: UnsafeMutablePointer<UInt64>
  private let positions: UnsafeMutablePointer<UInt32>
  private var touchedCount = 0
  private static let words = Int(STELLA_BITS_WORDS)

  init(_ tests: [FieldTest]) {
    cells = tests.map { CellTest($0) { _ in 0 } }
    bitmaps = .allocate(capacity: max(1, tests.count) * PatternTrial.words)
    bitmaps.initialize(repeating: 0, count: max(1, tests.count) * PatternTrial.words)
    // With the work space of `scan` behind it.
    scanned = .allocate(capacity: 3 * PatternTrial.words)
    scanned.initialize(repeating: 0, count: 3 * PatternTrial.words)
    positions = .allocate(capacity: max(1, tests.count))
  }

  deinit {
    bitmaps.deallocate()
    scanned.deallocate()
    positions.deallocate()
  }

  /// Whether nothing was scanned in this batch.
  var isFresh: Bool { !stella_bits_any(scanned) }

  /// Forgets the previous batch.
  func begin() {
    stella_bits_clear(scanned)
    for position in touched { stella_bits_clear(bitmap(Int(position))) }
    touchedCount = 0
  }

  /// Looks at those of `events` that were not looked at in this batch, and says how many they were. O(tests × text).
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>) -> Int {
    let rest = scanned + PatternTrial.words
    let found = rest + PatternTrial.words
    stella_bits_minus(rest, events, scanned)
    let count = Int(stella_bits_count(rest))
    if count == 0 { return 0 }
    stella_bits_or(scanned, rest)
    withUnsafePointer(to: column) { columns in
      for (position, cell) in cells.enumerated() {
        stella_bits_copy(found, rest)
        cell.narrow(columns, found)
        guard stella_bits_any(found) else { continue }
        if !stella_bits_any(bitmap(position)) {
          positions[touchedCount] = UInt32(position)
          touchedCount += 1
        }
        stella_bits_or(bitmap(position), found)
      }
    }
    return count
  }

  /// Events that match test `position`, of those scanned.
  func bits(_ position: Int) -> UnsafePointer<UInt64> { UnsafePointer(bitmap(position)) }

  /// Positions of the tests with a match.
  var touched: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: positions, count: touchedCount) }

  private func bitmap(_ position: Int) -> UnsafeMutablePointer<UInt64> { bitmaps + position * PatternTrial.words }
}
