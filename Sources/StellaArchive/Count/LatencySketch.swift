import Glibc

/// How long things took, in milliseconds, so that quantiles can be told with an error of 2% at most: a count for each of
/// logarithmic ranges (as in DDSketch, Masson et al. 2019). Sketches add up.
package struct LatencySketch: Sendable, Hashable {
  private static let growth = 1.04
  private static let logGrowth = log(growth)
  /// Milliseconds below which everything is the same, and above which.
  private static let least = 1e-3
  private static let most = 1e10

  /// By range; 0 is for all below the first.
  private(set) var counts: [UInt16: UInt64] = [:]
  package private(set) var count: UInt64 = 0

  package init() {}

  /// What is no number is left out.
  package mutating func add(_ milliseconds: Double) {
    guard !milliseconds.isNaN else { return }
    counts[Self.range(of: milliseconds), default: 0] += 1
    count += 1
  }

  /// - Parameter ranges: of ``range(of:)``.
  mutating func add(_ ranges: [UInt16]) {
    for range in ranges { counts[range, default: 0] += 1 }
    count += UInt64(ranges.count)
  }

  package mutating func add(_ other: LatencySketch) {
    counts.merge(other.counts, uniquingKeysWith: +)
    count += other.count
  }

  /// - Parameter value: a number.
  static func range(of value: Double) -> UInt16 {
    guard value >= least else { return 0 }
    return UInt16(1 + (log(min(value, most) / least) / logGrowth).rounded(.down))
  }

  /// - Parameter share: from 0 to 1.
  /// - Returns: milliseconds; nil without any values.
  package func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    var left = UInt64((share * Double(count - 1)).rounded(.down))
    for (range, number) in counts.sorted(by: { $0.key < $1.key }) {
      if left < number {
        if range == 0 { return 0 }
        // The middle of the range, by its ratio to both ends.
        return Self.least * pow(Self.growth, Double(range) - 1) * 2 * Self.growth / (1 + Self.growth)
      }
      left -= number
    }
    return nil
  }

  // MARK: - In files

  func write(to writer: inout RecordWriter) {
    writer.number(counts.count)
    var previous: UInt16 = 0
    for (range, number) in counts.sorted(by: { $0.key < $1.key }) {
      writer.number(UInt64(range - previous))
      writer.number(number)
      previous = range
    }
  }

  init?(from reader: inout RecordReader) {
    var range = 0
    for _ in 0..<reader.count(atMost: 1 << 12) {
      range += reader.count(atMost: 1 << 12)
      let number = reader.number()
      counts[UInt16(truncatingIfNeeded: range), default: 0] += number
      count &+= number
    }
    if reader.isBroken { return nil }
  }
}
