import StellaModel

/// What a series usually is at each time of day, and whether it follows the day at all. O(1) per value.
///
/// A running mean per quarter of an hour (UTC). A series follows the day when its values are on average clearly nearer to
/// the means of their quarters than to the mean of the whole series; elsewhere the season has nothing to say.
struct DaySeason {
  private static let slots = 96
  private static let slotLength = Timestamp.day / Int64(slots)
  /// Values that the running mean of a slot weighs: a week of values every five minutes, three weeks of hourly ones.
  private static let slotMemory = 21.0
  /// Values that the mean of the whole series and the mean distances weigh.
  private static let memory = 1000.0
  /// The share of the distance from the series' mean that must be left when the season is known.
  private static let share = 0.7
  /// How many differences are averaged.
  private static let window = 4

  private let means: UnsafeMutablePointer<Double>
  private let counts: UnsafeMutablePointer<Double>
  private var differences = (0.0, 0.0, 0.0, 0.0)
  private var differenceCount = 0
  private var count = 0.0
  private var mean = 0.0
  private var meanDistance = 0.0
  private var seasonDistance = 0.0

  init() {
    means = RawStorage.allocate(count: DaySeason.slots)
    counts = RawStorage.allocate(count: DaySeason.slots)
    means.update(repeating: 0, count: DaySeason.slots)
    counts.update(repeating: 0, count: DaySeason.slots)
  }

  /// Gives back the memory; the season is void then.
  func free() {
    RawStorage.free(means)
    RawStorage.free(counts)
  }

  static var memoryBytes: Int { MemoryLayout<DaySeason>.stride + 2 * slots * MemoryLayout<Double>.stride }

  /// Whether the series follows the day.
  var isSeasonal: Bool { seasonDistance < DaySeason.share * meanDistance }

  /// The mean difference of the last four values from what was usual at their times, after `value` was taken in. Nil
  /// while fewer than four values had something to be compared with.
  mutating func difference(_ value: Double, at time: Int64) -> Double? {
    let inDay = time % Timestamp.day
    let slot = Int((inDay < 0 ? inDay + Timestamp.day : inDay) / DaySeason.slotLength)
    let difference = value - means[slot]
    let isKnown = counts[slot] > 0
    counts[slot] = min(counts[slot] + 1, DaySeason.slotMemory)
    means[slot] += difference / counts[slot]
    learnDistances(value, difference: isKnown ? difference : nil)
    guard isKnown else { return nil }
    differences = (difference, differences.0, differences.1, differences.2)
    differenceCount = min(differenceCount + 1, DaySeason.window)
    guard differenceCount == DaySeason.window else { return nil }
    return (differences.0 + differences.1 + differences.2 + differences.3) / Double(DaySeason.window)
  }

  private mutating func learnDistances(_ value: Double, difference: Double?) {
    count = min(count + 1, DaySeason.memory)
    if count == 1 { mean = value }
    let distance = abs(value - mean)
    mean += (value - mean) / count
    guard let difference else { return }
    meanDistance += (distance - meanDistance) / count
    seasonDistance += (abs(difference) - seasonDistance) / count
  }

  /// Forgets the last differences, not what is usual.
  mutating func removeDifferences() { differenceCount = 0 }

  func save(to writer: StateWriter) {
    for number in [
      differences.0, differences.1, differences.2, differences.3, count, mean, meanDistance, seasonDistance,
    ] { writer.write(number) }
    writer.write(differenceCount)
    writer.write(column: means, count: DaySeason.slots)
    writer.write(column: counts, count: DaySeason.slots)
  }

  mutating func restore(from reader: inout StateReader) throws(StateError) {
    differences = (try reader.double(), try reader.double(), try reader.double(), try reader.double())
    count = try reader.double()
    mean = try reader.double()
    meanDistance = try reader.double()
    seasonDistance = try reader.double()
    differenceCount = try reader.number(in: 0...DaySeason.window)
    try reader.read(into: means, count: DaySeason.slots)
    try reader.read(into: counts, count: DaySeason.slots)
  }
}
