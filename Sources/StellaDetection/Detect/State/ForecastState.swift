import CStellaValue

/// `forecast`: when a value's trend crosses a limit.
///
/// The slope is the median of those of all pairs of points (H. Theil 1950) with the interval of P. K. Sen: Estimates of the
/// Regression Coefficient Based on Kendall's Tau, JASA 63, 1968. A point is the mean of the values in one of 32 steps of the
/// window, at the mean of their times.
final class ForecastState: Primitive {
  private static let points = 32
  private static let leastPoints = 5
  /// The 97.5% quantile of the normal distribution.
  private static let deviations = 1.959963984540054
  private static let greatest = 1e100

  struct Trend: Equatable {
    /// Where the trend stands at the time of reading.
    var level: Double
    /// Per second.
    var slope: Double
    /// The 95% interval of the slope.
    var lowest: Double
    var highest: Double

    /// Seconds until a trend from `level` crosses the limit; nil when it never will.
    func crossing(_ limit: Double, slope: Double) -> Double? {
      if limit == level { return 0 }
      let seconds = (limit - level) / slope
      return seconds > 0 && seconds.isFinite ? seconds : nil
    }

    /// The earliest and the latest crossing that the interval of the slope allows.
    func earliest(_ limit: Double) -> Double? { crossing(limit, slope: limit > level ? highest : lowest) }
    func latest(_ limit: Double) -> Double? { crossing(limit, slope: limit > level ? lowest : highest) }
  }

  private let clock: BucketClock
  private let history: Double
  private let limit: Double?
  /// Newest step per slot; `Int64.min` when empty.
  private var heads: UnsafeMutablePointer<Int64>
  private var counts: UnsafeMutablePointer<UInt32>
  private var means: UnsafeMutablePointer<Double>
  /// Mean of the times, nanoseconds into the step.
  private var offsets: UnsafeMutablePointer<Double>
  private let slopes: UnsafeMutablePointer<Double>

  /// - Parameter history: nanoseconds between the first and the last point before there is a forecast.
  init(within: Int64, history: Int64, limit: Double?) {
    clock = BucketClock(within: within, offset: 0, buckets: ForecastState.points)
    self.history = Double(history) / 1e9
    self.limit = limit
    heads = RawStorage.allocate(count: 1)
    counts = RawStorage.allocate(count: 1)
    means = RawStorage.allocate(count: 1)
    offsets = RawStorage.allocate(count: 1)
    slopes = RawStorage.allocate(count: ForecastState.points * ForecastState.points)
  }

  deinit {
    RawStorage.free(heads)
    RawStorage.free(counts)
    RawStorage.free(means)
    RawStorage.free(offsets)
    RawStorage.free(slopes)
  }

  var slotBytes: Int { 8 + clock.ring * 20 }
  var heldBytes: Int { 0 }

  func grow(to capacity: Int) {
    heads = RawStorage.resize(heads, to: capacity)
    counts = RawStorage.resize(counts, to: capacity * clock.ring)
    means = RawStorage.resize(means, to: capacity * clock.ring)
    offsets = RawStorage.resize(offsets, to: capacity * clock.ring)
  }

  func clear(_ slot: Int) {
    heads[slot] = .min
    (counts + slot * clock.ring).update(repeating: 0, count: clock.ring)
    (means + slot * clock.ring).update(repeating: 0, count: clock.ring)
    (offsets + slot * clock.ring).update(repeating: 0, count: clock.ring)
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    heads[slot] == .min || clock.bucket(now) - heads[slot] >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 { heads[slot] == .min ? .min : (heads[slot] + 1) * clock.width }

  private func cell(_ slot: Int, _ step: Int64) -> Int {
    let remainder = Int(step % Int64(clock.ring))
    return slot * clock.ring + (remainder < 0 ? remainder + clock.ring : remainder)
  }

  /// Adds a value at `time`; one older than the window is left out. O(1) amortised.
  func add(_ value: Double, slot: Int, at time: Int64) {
    guard abs(value) <= ForecastState.greatest else { return }
    let step = clock.bucket(time)
    let head = heads[slot]
    if step > head {
      let passed = head == .min ? 0 : min(Int64(clock.ring), step - head)
      for back in 0..<passed { counts[cell(slot, step - back)] = 0 }
      heads[slot] = step
    } else if head - step >= Int64(clock.ring) {
      return
    }
    let cell = cell(slot, step)
    let offset = Double(time - step * clock.width)
    if counts[cell] == 0 {
      means[cell] = value
      offsets[cell] = offset
      counts[cell] = 1
      return
    }
    if counts[cell] < .max { counts[cell] += 1 }
    means[cell] += (value - means[cell]) / Double(counts[cell])
    offsets[cell] += (offset - offsets[cell]) / Double(counts[cell])
  }

  /// The trend at `now`; nil while too little is known. O(points²).
  func trend(_ slot: Int, at now: Int64) -> Trend? {
    let head = heads[slot]
    if head == .min { return nil }
    let newest = clock.bucket(now)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * ForecastState.points) { buffer in
      let times = UnsafeMutableBufferPointer(rebasing: buffer[0..<ForecastState.points])
      let values = UnsafeMutableBufferPointer(rebasing: buffer[ForecastState.points...])
      var count = 0
      var step = max(newest, head) - Int64(clock.ring) + 1
      while step <= min(newest, head) {
        let cell = cell(slot, step)
        if counts[cell] > 0, means[cell].isFinite, offsets[cell].isFinite {
          times[count] = (Double(step * clock.width - now) + offsets[cell]) / 1e9
          values[count] = means[cell]
          count += 1
        }
        step += 1
      }
      guard count >= ForecastState.leastPoints, times[count - 1] - times[0] >= history else { return nil }
      return trend(UnsafeBufferPointer(times), UnsafeBufferPointer(values), count: count)
    }
  }

  private func trend(
    _ times: UnsafeBufferPointer<Double>, _ values: UnsafeBufferPointer<Double>, count: Int
  ) -> Trend? {
    var pairs = 0
    for first in 0..<count {
      for second in first + 1..<count where times[second] > times[first] {
        slopes[pairs] = (values[second] - values[first]) / (times[second] - times[first])
        pairs += 1
      }
    }
    if pairs == 0 { return nil }
    let buffer = UnsafeMutableBufferPointer(start: slopes, count: pairs)
    let slope = Quickselect.median(of: buffer)
    let n = Double(count)
    let reach = ForecastState.deviations * (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
    let low = max(0, Int((Double(pairs) - reach) / 2) - 1)
    let high = min(pairs - 1, Int(((Double(pairs) + reach) / 2).rounded(.up)))
    let lowest = Quickselect.value(at: low, of: buffer)
    let highest = Quickselect.value(at: high, of: buffer)
    for point in 0..<count { slopes[point] = values[point] - slope * times[point] }
    let level = Quickselect.median(of: UnsafeMutableBufferPointer(start: slopes, count: count))
    return Trend(level: level, slope: slope, lowest: lowest, highest: highest)
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(column: heads, count: slots)
    writer.write(column: counts, count: slots * clock.ring)
    writer.write(column: means, count: slots * clock.ring)
    writer.write(column: offsets, count: slots * clock.ring)
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    try reader.readSteps(into: heads, count: slots, of: clock)
    try reader.read(into: counts, count: slots * clock.ring)
    try reader.read(into: means, count: slots * clock.ring)
    try reader.read(into: offsets, count: slots * clock.ring)
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    if method == 0 {
      if let value = call.number { add(value, slot: slot, at: call.now) }
      return
    }
    if method <= 3, call.number == nil, limit == nil {
      throw PrimitiveError(message: "there is no limit: give one, or write forecast { \"6h\", limit = 100 }")
    }
    guard let trend = trend(slot, at: call.now) else { return }
    let limit = call.number ?? limit ?? 0
    switch method {
    case 1: if let seconds = trend.crossing(limit, slope: trend.slope) { call.answer(seconds) }
    case 2: if let seconds = trend.earliest(limit) { call.answer(seconds) }
    case 3: if let seconds = trend.latest(limit) { call.answer(seconds) }
    case 4: call.answer(trend.slope * 3600)
    default: call.answer(trend.level)
    }
  }
}
