/// Tells how far a number lies from every number seen before, as a share of the range seen so far.
///
/// This is the distance to the nearest neighbour (as in KNN-CAD: E. Burnaev, V. Ishimtsev, 2016) in one dimension, over a
/// bounded memory: a number nearer than ``resolution`` to a remembered one is not remembered itself, as a prototype of
/// adaptive resonance (G. Carpenter, S. Grossberg, 1987) covers what lies within its vigilance. What was seen once is no
/// longer new. The ends of the range creep towards the mean, so that an extreme of long ago doesn't hide what follows.
struct NoveltyGauge {
  /// Numbers closer than this share of the range are the same.
  static let resolution = 0.005
  /// Most numbers remembered; then the two nearest become one.
  static let limit = 256
  /// Points over which the range creeps to the mean by a factor of e.
  static let rangeMemory = 10_000.0
  private static let meanMemory = 2_000.0
  /// Points after which more of them no longer make what is new more telling.
  private static let confidenceLimit = 8_000.0

  private(set) var count = 0.0
  private var mean = 0.0
  private var low = 0.0
  private var high = 0.0
  /// What was seen, ascending.
  private var seen: UnsafeMutablePointer<Double>
  private var seenCount = 0
  private var capacity = 8

  init() { seen = RawStorage.allocate(count: capacity) }

  /// Gives back the memory; the gauge is void then.
  func free() { RawStorage.free(seen) }

  var memoryBytes: Int { MemoryLayout<NoveltyGauge>.stride + capacity * MemoryLayout<Double>.stride }

  /// The novelty of a finite number, before it is taken in: 0 for one seen before, up to 1, times the square root of the
  /// thousands of numbers seen (a record among many says more than one among few). O(log ``limit``); when the number is
  /// new, O(``limit``).
  mutating func take(_ value: Double) -> Double {
    count += 1
    guard seenCount > 0 else {
      seen[0] = value
      seenCount = 1
      (mean, low, high) = (value, value, value)
      return 0
    }
    low += (mean - low) / NoveltyGauge.rangeMemory
    high += (mean - high) / NoveltyGauge.rangeMemory
    mean += (value - mean) / min(count, NoveltyGauge.meanMemory)
    low = min(low, value)
    high = max(high, value)
    let range = high - low
    guard range > 0 else { return 0 }
    let place = firstNotBelow(value)
    var distance = Double.infinity
    if place < seenCount { distance = seen[place] - value }
    if place > 0 { distance = min(distance, value - seen[place - 1]) }
    let novelty = distance / range
    if novelty > NoveltyGauge.resolution { insert(value, at: place) }
    return novelty * (min(count, NoveltyGauge.confidenceLimit) / 1000).squareRoot()
  }

  private func firstNotBelow(_ value: Double) -> Int {
    var start = 0
    var length = seenCount
    while length > 0 {
      let half = length / 2
      if seen[start + half] < value {
        start += half + 1
        length -= half + 1
      } else {
        length = half
      }
    }
    return start
  }

  private mutating func insert(_ value: Double, at place: Int) {
    if seenCount == capacity {
      capacity *= 2
      seen = RawStorage.resize(seen, to: capacity)
    }
    (seen + place + 1).update(from: seen + place, count: seenCount - place)
    seen[place] = value
    seenCount += 1
    // One place is kept free, so that the number comes in before two become one.
    if seenCount == NoveltyGauge.limit { mergeNearest() }
  }

  private mutating func mergeNearest() {
    var nearest = 1
    for index in 2..<seenCount where seen[index] - seen[index - 1] < seen[nearest] - seen[nearest - 1] {
      nearest = index
    }
    (seen + nearest).update(from: seen + nearest + 1, count: seenCount - nearest - 1)
    seenCount -= 1
  }

  func save(to writer: StateWriter) {
    for number in [count, mean, low, high] { writer.write(number) }
    writer.write(column: seen, count: seenCount)
  }

  mutating func restore(from reader: inout StateReader) throws(StateError) {
    count = try reader.double()
    mean = try reader.double()
    low = try reader.double()
    high = try reader.double()
    let numbers = try reader.column(of: Double.self)
    guard numbers.count < NoveltyGauge.limit else {
      throw StateError(message: "a gauge holds \(numbers.count) numbers")
    }
    while capacity < numbers.count { capacity *= 2 }
    seen = RawStorage.resize(seen, to: capacity)
    seenCount = numbers.count
    for (index, number) in numbers.enumerated() { seen[index] = number }
  }
}
