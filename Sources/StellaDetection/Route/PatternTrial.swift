import CStellaMatch
import CStellaValue

/// Text tests over one column, each run only when it is asked for, with the results of the current batch.
final class PatternTrial {
  private let cells: [CellTest]
  private let bitmaps: UnsafeMutablePointer<UInt64>
  /// Per test, the events that it was run on.
  private let scanned: UnsafeMutablePointer<UInt64>
  private let work: UnsafeMutablePointer<UInt64> = .allocate(capacity: 2 * words)
  private let positions: UnsafeMutablePointer<Int>
  private var askedCount = 0
  private static let words = Int(STELLA_BITS_WORDS)

  init(_ tests: [FieldTest]) {
    cells = tests.map { CellTest($0) { _ in 0 } }
    bitmaps = .allocate(capacity: max(1, tests.count) * PatternTrial.words)
    bitmaps.initialize(repeating: 0, count: max(1, tests.count) * PatternTrial.words)
    scanned = .allocate(capacity: max(1, tests.count) * PatternTrial.words)
    scanned.initialize(repeating: 0, count: max(1, tests.count) * PatternTrial.words)
    positions = .allocate(capacity: max(1, tests.count))
  }

  deinit {
    bitmaps.deallocate()
    scanned.deallocate()
    work.deallocate()
    positions.deallocate()
  }

  /// Whether nothing was scanned in this batch.
  var isFresh: Bool { askedCount == 0 }

  /// Forgets the previous batch.
  func begin() {
    for place in 0..<askedCount {
      stella_bits_clear(bitmap(positions[place]))
      stella_bits_clear(scanned + positions[place] * PatternTrial.words)
    }
    askedCount = 0
  }

  /// Runs test `position` on those of `events` that it was not run on in this batch, and says how many they were.
  /// O(text).
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>, test position: Int) -> Int {
    let known = scanned + position * PatternTrial.words
    let rest = work
    let found = work + PatternTrial.words
    stella_bits_minus(rest, events, known)
    let count = Int(stella_bits_count(rest))
    if count == 0 { return 0 }
    if !stella_bits_any(known) {
      positions[askedCount] = position
      askedCount += 1
    }
    stella_bits_or(known, rest)
    stella_bits_copy(found, rest)
    withUnsafePointer(to: column) { cells[position].narrow($0, found) }
    stella_bits_or(bitmap(position), found)
    return count
  }

  /// Events that match test `position`, of those scanned.
  func bits(_ position: Int) -> UnsafePointer<UInt64> { UnsafePointer(bitmap(position)) }

  private func bitmap(_ position: Int) -> UnsafeMutablePointer<UInt64> { bitmaps + position * PatternTrial.words }
}
