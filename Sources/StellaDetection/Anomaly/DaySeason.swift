import StellaModel

/// What a series usually is at each time of day: a running mean per quarter of an hour (UTC). O(1) per value.
struct DaySeason {
  private static let slots = 96
  private static let slotLength = Timestamp.day / Int64(slots)
  /// Values that the running mean of a slot weighs.
  private static let memory = 14.0

  private let means: UnsafeMutablePointer<Double>
  private let counts: UnsafeMutablePointer<Double>
  /// The last differences from the usual, and their sum.
  private let differences: UnsafeMutablePointer<Double>
  private static let window = 16
  private var place = 0
  private var count = 0

  init() {
    means = RawStorage.allocate(count: DaySeason.slots)
    counts = RawStorage.allocate(count: DaySeason.slots)
    differences = RawStorage.allocate(count: DaySeason.window)
    means.update(repeating: 0, count: DaySeason.slots)
    counts.update(repeating: 0, count: DaySeason.slots)
    differences.update(repeating: 0, count: DaySeason.window)
  }

  /// Gives back the memory; the season is void then.
  func free() {
    RawStorage.free(means)
    RawStorage.free(counts)
    RawStorage.free(differences)
  }

  static var memoryBytes: Int {
    MemoryLayout<DaySeason>.stride + (2 * slots + window) * MemoryLayout<Double>.stride
  }

  /// The mean difference of the last 16 values from what was usual at their times, then takes `value` in. Nil while fewer
  /// than 16 values had something to be compared with.
  mutating func difference(_ value: Double, at time: Int64) -> Double? {
    let inDay = time % Timestamp.day
    let slot = Int((inDay < 0 ? inDay + Timestamp.day : inDay) / DaySeason.slotLength)
    let difference = value - means[slot]
    let isKnown = counts[slot] > 0
    counts[slot] = min(counts[slot] + 1, DaySeason.memory)
    means[slot] += difference / counts[slot]
    guard isKnown else { return nil }
    differences[place] = difference
    place = (place + 1) % DaySeason.window
    if count < DaySeason.window { count += 1 }
    guard count == DaySeason.window else { return nil }
    var sum = 0.0
    for index in 0..<DaySeason.window { sum += differences[index] }
    return sum / Double(DaySeason.window)
  }

  /// Forgets the last differences, not what is usual.
  mutating func removeDifferences() {
    place = 0
    count = 0
  }

  func save(to writer: StateWriter) {
    writer.write(count)
    writer.write(place)
    writer.write(column: means, count: DaySeason.slots)
    writer.write(column: counts, count: DaySeason.slots)
    writer.write(column: differences, count: DaySeason.window)
  }

  mutating func restore(from reader: inout StateReader) throws(StateError) {
    count = try reader.number(in: 0...DaySeason.window)
    place = try reader.number(in: 0...DaySeason.window - 1)
    try reader.read(into: means, count: DaySeason.slots)
    try reader.read(into: counts, count: DaySeason.slots)
    try reader.read(into: differences, count: DaySeason.window)
  }
}
