import StellaModel
import Testing

@testable import StellaDetection

@Suite("Views of a series")
struct AnomalyViewTests {
  @Test("a gauge tells the distance to the nearest number seen, as a plain search does", arguments: [UInt64(1), 2, 3])
  func nearest(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    var gauge = NoveltyGauge()
    defer { gauge.free() }
    var seen: [Double] = []
    var low = 0.0
    var high = 0.0
    var mean = 0.0
    for count in 1...5000 {
      let spread = Int.random(in: 0..<100, using: &random) == 0 ? 50.0 : 1
      let value = Double.random(in: -spread...spread, using: &random)
      var expected = 0.0
      if seen.isEmpty {
        (low, high, mean) = (value, value, value)
        seen.append(value)
      } else {
        let creep = 1 / min(5 * Double(count), 10_000)
        low += (mean - low) * creep
        high += (mean - high) * creep
        mean += (value - mean) / min(Double(count), 2000)
        low = min(low, value)
        high = max(high, value)
        let novelty = (seen.map { abs($0 - value) }.min() ?? 0) / (high - low)
        if novelty > NoveltyGauge.resolution { seen.append(value) }
        expected = novelty * (Double(count) / 1000).squareRoot()
      }
      #expect(gauge.take(value) == expected, "number \(count)")
    }
    #expect(seen.count > 20 && seen.count < NoveltyGauge.limit)
  }

  @Test("a gauge remembers a bounded number of numbers however many are new")
  func bounded() {
    var gauge = NoveltyGauge()
    defer { gauge.free() }
    var value = 1.0
    _ = gauge.take(value)
    for _ in 0..<2000 {
      // Each number is far from all others as a share of the range.
      value *= -1.02
      #expect(gauge.take(value) > 0)
    }
    #expect(gauge.memoryBytes < 5000)
  }

  @Test("means and range over trailing windows are those of the values, also far from zero and after many turns")
  func windows() throws {
    var random = DetectRandom(seed: 9)
    var recent = RecentValues()
    defer { recent.free() }
    var values: [Double] = []
    for index in 0..<5000 {
      values.append(1e12 + Double(index) * 1e6 + Double.random(in: 0...1, using: &random))
      recent.add(values[index])
      guard index >= 255 else {
        #expect(recent.longMean == nil)
        continue
      }
      let short = values.suffix(32).reduce(0) { $0 + ($1 - values[index]) / 32 } + values[index]
      let long = values.suffix(256).reduce(0) { $0 + ($1 - values[index]) / 256 } + values[index]
      #expect(try abs(#require(recent.shortMean) - short) < 0.01)
      #expect(try abs(#require(recent.longMean) - long) < 0.01)
      #expect(try abs(#require(recent.range) - (values[index] - values[index - 15])) < 0.01)
    }
    recent.removeAll()
    #expect(recent.shortMean == nil && recent.longMean == nil && recent.range == nil)
  }

  @Test("noise has no season, a daily course has one; a value out of its hour differs by what is unusual about it")
  func season() throws {
    var random = DetectRandom(seed: 10)
    var noise = DaySeason()
    var course = DaySeason()
    defer {
      noise.free()
      course.free()
    }
    for (index, value) in AnomalyScorerTests.daily(7, &random).enumerated() {
      let time = Int64(index) * AnomalyScorerTests.step
      _ = noise.difference(Double.random(in: 0...1, using: &random), at: time)
      _ = course.difference(value, at: time)
    }
    #expect(!noise.isSeasonal && course.isSeasonal)
    let night = 7 * Timestamp.day
    for index in 0..<3 { _ = course.difference(80, at: night + Int64(index) * AnomalyScorerTests.step) }
    let last = course.difference(80, at: night + 3 * AnomalyScorerTests.step)
    let difference = try #require(last)
    #expect(abs(difference - 60) < 5)
  }
}
