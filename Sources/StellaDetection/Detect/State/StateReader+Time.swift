extension StateReader {
  /// Where the times of events lie, so that neither the difference of two of them nor the sum of one and a rule's
  /// duration overflows.
  static let times: ClosedRange<Int64> = -2_300_000_000_000_000_000...4_610_000_000_000_000_000

  /// A time that an event can have, or `Int64.min` for none.
  mutating func time() throws(StateError) -> Int64 {
    let time = try integer()
    if time != .min && !StateReader.times.contains(time) { throw StateReader.impossible }
    return time
  }

  /// Fills the first `count` elements of a column of times; each is one that an event can have, or `Int64.min` for none.
  mutating func readTimes(into column: UnsafeMutablePointer<Int64>, count: Int) throws(StateError) {
    try read(into: column, count: count)
    for position in 0..<count where column[position] != .min && !StateReader.times.contains(column[position]) {
      throw StateReader.impossible
    }
  }

  /// Fills the first `count` elements of a column of steps of `clock`; `Int64.min` stands for none.
  mutating func readSteps(
    into column: UnsafeMutablePointer<Int64>, count: Int, of clock: BucketClock
  ) throws(StateError) {
    try read(into: column, count: count)
    let steps = clock.steps
    for position in 0..<count where column[position] != .min && !steps.contains(column[position]) {
      throw StateReader.impossible
    }
  }

  /// A step of `clock`; `Int64.min` stands for none.
  mutating func step(of clock: BucketClock) throws(StateError) -> Int64 {
    let step = try integer()
    if step != .min && !clock.steps.contains(step) { throw StateReader.impossible }
    return step
  }

  static let impossible = StateError(message: "a time lies where no event can be")
}

extension BucketClock {
  /// The steps in which events can lie.
  var steps: ClosedRange<Int64> { bucket(StateReader.times.lowerBound)...bucket(StateReader.times.upperBound) }
}
