import CStellaValue
import Testing

@testable import StellaDetection

/// Windows against naive models, within the bounds that the reference page states.
@Suite struct DetectWindowTests {
  private static let second: Int64 = 1_000_000_000

  /// What a reading of a window of `within` in `buckets` steps may cover: all of the last `within` less one step, and
  /// nothing older than `within`.
  private func bounds(_ times: [Int64], at now: Int64, within: Int64, buckets: Int64, offset: Int64) -> ClosedRange<Int>
  {
    let step = within / buckets
    let end = now - offset
    let sure = times.count { $0 <= end - (offset == 0 ? 0 : step) && $0 > end - within + step }
    let most = times.count { $0 <= end + (offset == 0 ? 0 : step) && $0 > end - within - step }
    return sure...most
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func countsLieWithinOneStep(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    let within = Int64.random(in: 10...600, using: &random) * 12 * DetectWindowTests.second / 10
    let buckets = [2, 6, 12, 60].randomElement(using: &random) ?? 12
    let offset = seed % 3 == 0 ? Int64(0) : within / 3
    let window = CountWindow(
      clock: BucketClock(within: within, offset: offset, buckets: buckets),
      methods: [.add, .count, .perSecond, .perMinute])
    window.grow(to: 4)
    window.clear(1)
    var times: [Int64] = []
    var now = DetectStream.start
    for _ in 0..<2000 {
      now += Int64.random(in: 0...(within / 50), using: &random)
      if Int.random(in: 0..<200, using: &random) == 0 { now += within * 2 }
      // Some events come late, by up to a quarter of the window.
      let time =
        Int.random(in: 0..<5, using: &random) == 0 ? now - Int64.random(in: 0...(within / 4), using: &random) : now
      window.add(1, at: time)
      times.append(time)
      let range = bounds(times, at: now, within: within, buckets: Int64(buckets), offset: offset)
      let count = window.count(1, at: now)
      #expect(range.contains(count), "seed \(seed): \(count) outside of \(range)")
      if !range.contains(count) { return }
    }
  }

  @Test func aCountOfMoreThan65535InOneStepIsKept() {
    let window = CountWindow(
      clock: BucketClock(within: 60 * DetectWindowTests.second, offset: 0, buckets: 2),
      methods: [.add, .count, .perSecond, .perMinute])
    window.grow(to: 2)
    window.clear(0)
    for _ in 0..<70_000 { window.add(0, at: DetectStream.start) }
    #expect(window.count(0, at: DetectStream.start) == 70_000)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>) func sumsMeansAndExtremesAreThoseOfTheSteps(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    let clock = BucketClock(within: 60 * DetectWindowTests.second, offset: 0, buckets: 12)
    let kinds: [(ValueWindow.Kind, ([Double]) -> Double)] = [
      (.sum, { $0.reduce(0, +) }), (.mean, { $0.reduce(0, +) }), (.min, { $0.min() ?? 0 }), (.max, { $0.max() ?? 0 }),
    ]
    let windows = kinds.map { ValueWindow(clock: clock, kind: $0.0, methods: [.add, .value, .count]) }
    for window in windows {
      window.grow(to: 2)
      window.clear(0)
    }
    var entries: [(time: Int64, value: Double)] = []
    var now = DetectStream.start
    for _ in 0..<1000 {
      now += Int64.random(in: 0...(3 * DetectWindowTests.second), using: &random)
      let value = Double(Int.random(in: -1000...1000, using: &random))
      entries.append((now, value))
      // What is read are the running step and the eleven before it.
      let first = clock.bucket(now) - 11
      let live = entries.filter { clock.bucket($0.time) >= first }.map(\.value)
      for (window, kind) in zip(windows, kinds) {
        window.add(value, slot: 0, at: now)
        let (count, read) = window.read(0, at: now)
        #expect(count == live.count && abs(read - kind.1(live)) < 1e-6, "seed \(seed) \(kind.0)")
      }
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>) func quantilesAreWithinOnePercentOfAValueOfTheirRank(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    let window = QuantileWindow(clock: BucketClock(within: 600 * DetectWindowTests.second, offset: 0, buckets: 6))
    window.grow(to: 1)
    window.clear(0)
    var values: [Double] = []
    for number in 0..<3000 {
      let scale = Double.random(in: -2...7, using: &random)
      var value = 1.0
      for _ in 0..<Int(abs(scale) * 3) { value *= scale < 0 ? 0.5 : 2 }
      value *= Double.random(in: 0.5...1.5, using: &random)
      if seed % 3 == 0, number % 4 == 0 { value = -value }
      if number % 97 == 0 { value = 0 }
      window.add(value, slot: 0, at: DetectStream.start + Int64(number) * 100_000_000)
      values.append(value)
    }
    values.sort()
    let now = DetectStream.start + 300 * DetectWindowTests.second
    #expect(window.count(0, at: now) == values.count)
    for p in [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1] {
      let wanted = values[Int(p * Double(values.count - 1))]
      let answer = window.quantile(p, slot: 0, at: now) ?? .nan
      #expect(abs(answer - wanted) <= 0.0101 * abs(wanted), "seed \(seed) p \(p): \(answer) for \(wanted)")
    }
  }

  @Test func distinctValuesAreExactUpToTheCapAndCloseBeyondIt() {
    let window = DistinctWindow(within: 600 * DetectWindowTests.second, cap: 200)
    window.grow(to: 1)
    window.clear(0)
    func add(_ number: Int, at time: Int64) {
      var cell = stella_value()
      cell.kind = UInt8(STELLA_INT)
      cell.i = Int64(number)
      window.add(cell, slot: 0, at: time)
    }
    for number in 0..<200 {
      add(number, at: DetectStream.start)
      add(number / 2, at: DetectStream.start)
      #expect(window.count(0, at: DetectStream.start) == number + 1)
    }
    for number in 200..<50_000 { add(number, at: DetectStream.start + Int64(number) * 1_000_000) }
    let count = window.count(0, at: DetectStream.start + 60 * DetectWindowTests.second)
    // Four times the standard error of 3.3%.
    #expect(abs(Double(count) - 50_000) < 0.132 * 50_000, "\(count)")
    #expect(window.count(0, at: DetectStream.start + 3600 * DetectWindowTests.second) == 0)
  }
}
