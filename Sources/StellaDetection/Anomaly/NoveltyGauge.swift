/// Tells how far a number lies from every number seen before, as a share of the range seen so far.
///
/// This is the distance to the nearest neighbour (E. Burnaev, V. Ishimtsev, Conformalized density- and distance-based
/// anomaly detection, 2016) in one dimension, over few exemplars (M. Jones, D. Nikovski, M. Imamura, T. Hirata, Exemplar
/// learning for extremely efficient anomaly detection in real-valued time series, 2016): a number nearer than
/// ``resolution`` to a remembered one is not remembered itself. What was seen once is no
/// longer new, until it was not seen for long. The ends of the range creep towards the mean, those of the beginning
/// faster, so that an early or old extreme doesn't hide what follows.
struct NoveltyGauge {
  /// Numbers closer than this share of the range are the same.
  static let resolution = 0.005
  /// Most numbers remembered; then the two nearest become one.
  static let limit = 256
  /// Numbers after which one that was not seen again is forgotten.
  static let memory = 40_000.0
  /// Over how many numbers the range creeps to the mean by a factor of e, as a multiple of the count and at most.
  private static let rangeShare = 5.0
  private static let rangeMemory = 10_000.0
  private static let meanMemory = 2_000.0
  /// Numbers after which more of them no longer make what is new more telling.
  private static let confidenceLimit = 8_000.0

  private struct Mark: BitwiseCopyable {
    var value: Double
    /// The count when it was last seen.
    var visit: Double
  }

  private var count = 0.0
  private var mean = 0.0
  private var low = 0.0
  private var high = 0.0
  /// What was seen, ascending.
  private var marks: UnsafeMutablePointer<Mark>
  private var markCount = 0
  private var capacity = 8
  /// The mark that is next looked at for its age.
  private var cursor = 0

  init() { marks = RawStorage.allocate(count: capacity) }

  /// Gives back the memory; the gauge is void then.
  func free() { RawStorage.free(marks) }

  var memoryBytes: Int { MemoryLayout<NoveltyGauge>.stride + capacity * MemoryLayout<Mark>.stride }

  /// The novelty of a finite number, before it is taken in: 0 for one seen before, up to 1, times the square root of the
  /// thousands of numbers seen (a record among many says more than one among few). O(log ``limit``); when the number is
  /// new, O(``limit``).
  mutating func take(_ value: Double) -> Double {
    count += 1
    guard markCount > 0 else {
      marks[0] = Mark(value: value, visit: count)
      markCount = 1
      (mean, low, high) = (value, value, value)
      return 0
    }
    let creep = 1 / min(NoveltyGauge.rangeShare * count, NoveltyGauge.rangeMemory)
    low += (mean - low) * creep
    high += (mean - high) * creep
    mean += (value - mean) / min(count, NoveltyGauge.meanMemory)
    low = min(low, value)
    high = max(high, value)
    forgetOne()
    let range = high - low
    guard range > 0 else {
      marks[0].visit = count
      return 0
    }
    let place = firstNotBelow(value)
    var nearest = min(place, markCount - 1)
    if place > 0, place == markCount || value - marks[place - 1].value < marks[place].value - value {
      nearest = place - 1
    }
    let novelty = abs(marks[nearest].value - value) / range
    if novelty > NoveltyGauge.resolution { insert(value, at: place) } else { marks[nearest].visit = count }
    return novelty * (min(count, NoveltyGauge.confidenceLimit) / 1000).squareRoot()
  }

  private func firstNotBelow(_ value: Double) -> Int {
    var start = 0
    var length = markCount
    while length > 0 {
      let half = length / 2
      if marks[start + half].value < value {
        start += half + 1
        length -= half + 1
      } else {
        length = half
      }
    }
    return start
  }

  private mutating func insert(_ value: Double, at place: Int) {
    if markCount == capacity {
      capacity *= 2
      marks = RawStorage.resize(marks, to: capacity)
    }
    (marks + place + 1).update(from: marks + place, count: markCount - place)
    marks[place] = Mark(value: value, visit: count)
    markCount += 1
    if markCount == NoveltyGauge.limit { mergeNearest() }
  }

  private mutating func mergeNearest() {
    var nearest = 1
    for index in 2..<markCount
    where marks[index].value - marks[index - 1].value < marks[nearest].value - marks[nearest - 1].value {
      nearest = index
    }
    marks[nearest - 1].visit = max(marks[nearest - 1].visit, marks[nearest].visit)
    remove(at: nearest)
  }

  private mutating func forgetOne() {
    cursor += 1
    if cursor >= markCount { cursor = 0 }
    if markCount > 1, count - marks[cursor].visit > NoveltyGauge.memory { remove(at: cursor) }
  }

  private mutating func remove(at index: Int) {
    (marks + index).update(from: marks + index + 1, count: markCount - index - 1)
    markCount -= 1
  }

  func save(to writer: StateWriter) {
    for number in [count, mean, low, high] { writer.write(number) }
    writer.write(cursor)
    writer.write(capacity)
    writer.write(column: marks, count: markCount)
  }

  mutating func restore(from reader: inout StateReader) throws(StateError) {
    count = try reader.double()
    mean = try reader.double()
    low = try reader.double()
    high = try reader.double()
    cursor = try reader.number(in: 0...NoveltyGauge.limit)
    let room = try reader.number(in: 1...NoveltyGauge.limit)
    let saved = try reader.column(of: Mark.self)
    guard saved.count <= room, saved.count < NoveltyGauge.limit, saved.allSatisfy(\.value.isFinite),
      zip(saved, saved.dropFirst()).allSatisfy({ $0.value < $1.value })
    else {
      throw StateError(message: "a gauge holds \(saved.count) numbers, or not in ascending order")
    }
    marks = RawStorage.resize(marks, to: room)
    capacity = room
    markCount = saved.count
    for (index, mark) in saved.enumerated() { marks[index] = mark }
  }
}
