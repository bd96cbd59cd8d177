/// The last values of a series, with sums over trailing windows kept up to date. O(1) amortised per value.
///
/// Values are held relative to an origin that follows them, and the sums are formed anew at every turn of the ring, so
/// that rounding doesn't add up however long the series is.
struct RecentValues {
  /// The ring's length, and the longest window.
  static let length = 256
  private static let rangeLength = 16

  private let values: UnsafeMutablePointer<Double>
  private var place = 0
  private var count = 0
  private var origin = 0.0
  private var short = Window(length: 32)
  private var long = Window(length: length)

  private struct Window {
    let length: Int
    var sum = 0.0

    init(length: Int) { self.length = length }

    mutating func add(_ value: Double, dropping old: Double) { sum += value - old }

    mutating func sum(_ values: UnsafePointer<Double>) {
      sum = 0
      for index in RecentValues.length - length..<RecentValues.length { add(values[index], dropping: 0) }
    }
  }

  init() {
    values = RawStorage.allocate(count: RecentValues.length)
    values.update(repeating: 0, count: RecentValues.length)
  }

  /// Gives back the memory; the ring is void then.
  func free() { RawStorage.free(values) }

  static var memoryBytes: Int { MemoryLayout<RecentValues>.stride + length * MemoryLayout<Double>.stride }

  mutating func add(_ value: Double) {
    if count == 0 { origin = value }
    let shifted = value - origin
    short.add(shifted, dropping: dropped(short))
    long.add(shifted, dropping: dropped(long))
    values[place] = shifted
    place += 1
    if count < RecentValues.length { count += 1 }
    if place == RecentValues.length { turn() }
  }

  /// What the window loses by the next value.
  private func dropped(_ window: Window) -> Double {
    count < window.length ? 0 : values[(place + RecentValues.length - window.length) % RecentValues.length]
  }

  /// Begins the full ring anew, with the mean as origin.
  private mutating func turn() {
    place = 0
    let mean = long.sum / Double(RecentValues.length)
    origin += mean
    for index in 0..<RecentValues.length { values[index] -= mean }
    short.sum(values)
    long.sum(values)
  }

  /// Forgets all values.
  mutating func removeAll() {
    place = 0
    count = 0
    short = Window(length: short.length)
    long = Window(length: long.length)
  }

  /// Mean of the last 32 values; nil before there are as many.
  var shortMean: Double? { count >= short.length ? origin + short.sum / Double(short.length) : nil }

  /// Mean of the last 256 values; nil before there are as many.
  var longMean: Double? { count >= long.length ? origin + long.sum / Double(long.length) : nil }

  /// The greatest less the least of the last 16 values; nil before there are as many.
  var range: Double? {
    guard count >= RecentValues.rangeLength else { return nil }
    var low = Double.infinity
    var high = -Double.infinity
    for offset in 1...RecentValues.rangeLength {
      let value = values[(place + RecentValues.length - offset) % RecentValues.length]
      low = min(low, value)
      high = max(high, value)
    }
    return high - low
  }

  func save(to writer: StateWriter) {
    writer.write(count)
    writer.write(place)
    writer.write(origin)
    writer.write(short.sum)
    writer.write(long.sum)
    writer.write(column: values, count: RecentValues.length)
  }

  mutating func restore(from reader: inout StateReader) throws(StateError) {
    count = try reader.number(in: 0...RecentValues.length)
    place = try reader.number(in: 0...RecentValues.length - 1)
    origin = try reader.double()
    short.sum = try reader.double()
    long.sum = try reader.double()
    try reader.read(into: values, count: RecentValues.length)
  }
}
