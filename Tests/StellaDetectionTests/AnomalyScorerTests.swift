import StellaModel
import Testing

@testable import StellaDetection

@Suite("Anomaly scores")
struct AnomalyScorerTests {
  static let step: Int64 = 300 * Timestamp.second
  static let perDay = 288

  @Test("a constant series scores 0 throughout")
  func constant() {
    let scorer = AnomalyScorer()
    for index in 0..<2000 { #expect(scorer.score(value: 45, time: Int64(index) * Self.step) == 0) }
  }

  @Test("the cold start is stated, and scores 0 whatever comes")
  func coldStart() {
    let scorer = AnomalyScorer()
    for index in 0..<AnomalyScorer.coldPoints {
      #expect(scorer.score(value: index == 100 ? 1e9 : Double(index % 7), time: Int64(index) * Self.step) == 0)
      #expect(!scorer.isWarm)
    }
    _ = scorer.score(value: 1, time: Int64(AnomalyScorer.coldPoints) * Self.step)
    #expect(scorer.isWarm)
  }

  @Test("a spike stands out from everything before, its equal within the hour is no alarm, a far greater one is")
  func spike() {
    var random = DetectRandom(seed: 1)
    var values = Self.noise(3000, around: 100, &random)
    values[2000] = 200
    values[2006] = 199
    values[2012] = 500
    let scores = Self.scores(values)
    #expect(scores[2000] > 0.8 && scores[2000] > scores[..<2000].max() ?? 1)
    #expect(scores[2001..<2012].max() ?? 1 < 0.5)
    #expect(scores[2012] > 0.7)
  }

  @Test("a lasting change of level too small for any single value is found")
  func level() {
    var random = DetectRandom(seed: 2)
    var values = Self.noise(3000, around: 100, &random)
    for index in 2000..<3000 { values[index] = 100 + (values[index] - 100) * 0.9 + 6 }
    let scores = Self.scores(values)
    #expect(scores[1000..<2000].max() ?? 1 < 0.5)
    #expect(scores[2000..<2100].max() ?? 0 >= 0.5)
  }

  @Test("where there is a season, a day without its peak is found although all its values are usual")
  func missingPeak() {
    var random = DetectRandom(seed: 3)
    var values = Self.daily(12, &random)
    for index in 9 * Self.perDay..<10 * Self.perDay { values[index] = Double.random(in: 18...22, using: &random) }
    let scores = Self.scores(values)
    let peak = 9 * Self.perDay + 100
    #expect(scores[5 * Self.perDay..<peak].max() ?? 1 < 0.5)
    #expect(scores[peak..<peak + 24].max() ?? 0 >= 0.5)
  }

  @Test("what was new once is usual when it comes again, until it was not seen for long")
  func recurrence() {
    var random = DetectRandom(seed: 4)
    var values = Self.noise(50_000, around: 100, &random)
    for index in [2000, 4000, 49_000] { values[index] = 160 }
    let scores = Self.scores(values)
    #expect(scores[2000] >= 0.5)
    #expect(scores[4000] < 0.5)
    #expect(scores[49_000] >= 0.5)
  }

  @Test("missing points score 0 and change nothing")
  func missing() {
    var random = DetectRandom(seed: 5)
    let values = Self.daily(10, &random)
    let plain = AnomalyScorer()
    let gappy = AnomalyScorer()
    for (index, value) in values.enumerated() {
      let time = Int64(index) * Self.step
      if index % 5 == 0 {
        for absent in [Double.nan, .infinity, -.infinity] { #expect(gappy.score(value: absent, time: time) == 0) }
      }
      #expect(plain.score(value: value, time: time) == gappy.score(value: value, time: time))
    }
  }

  @Test("after a pause longer than its windows a series goes on without mixing before and after")
  func pause() {
    var random = DetectRandom(seed: 6)
    let values = Self.daily(16, &random)
    let scorer = AnomalyScorer()
    for (index, value) in values.enumerated() {
      // Day 10 and 11 are absent: the season goes on at the same time of day.
      if (10 * Self.perDay..<12 * Self.perDay).contains(index) { continue }
      let score = scorer.score(value: value, time: Int64(index) * Self.step)
      if index >= 12 * Self.perDay { #expect(score < 0.5, "point \(index)") }
    }
  }

  @Test("scores don't depend on the unit: a series scaled by a power of two scores the same")
  func scale() {
    var random = DetectRandom(seed: 7)
    let values = Self.daily(8, &random)
    let scores = Self.scores(values)
    for factor in [0x1p-30, 2, 0x1p40] { #expect(Self.scores(values.map { $0 * factor }) == scores) }
  }

  @Test("any finite numbers at any times give scores from 0 to 1")
  func extremes() {
    let seed = UInt64.random(in: 0...9999)
    print("seed \(seed)")
    var random = DetectRandom(seed: seed)
    let scorer = AnomalyScorer()
    let numbers = [0, -0.0, 1e308, -1e308, .leastNonzeroMagnitude, 1, -1, 1e150, .greatestFiniteMagnitude, .nan]
    let times = [Int64.min, .min + 1, -1, 0, 1, Self.step, .max]
    for index in 0..<20_000 {
      let value = Bool.random(using: &random) ? numbers.randomElement(using: &random) : Double(index % 9)
      let time = index % 50 == 0 ? times.randomElement(using: &random) : Int64(index) * Self.step
      let score = scorer.score(value: value ?? 0, time: time ?? 0)
      #expect(score >= 0 && score <= 1)
    }
    #expect(scorer.memoryBytes <= 25 * 1024)
  }

  @Test("saving and restoring anywhere changes no later score")
  func saveAnywhere() throws {
    let seed = UInt64.random(in: 0...9999)
    print("seed \(seed)")
    var random = DetectRandom(seed: seed)
    let values = Self.wild(9000, &random)
    let expected = Self.scores(values)
    var scorer = AnomalyScorer()
    for (index, value) in values.enumerated() {
      if Int.random(in: 0..<200, using: &random) == 0 {
        let writer = StateWriter()
        scorer.save(to: writer)
        let restored = AnomalyScorer()
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        #expect(reader.isAtEnd && restored.memoryBytes == scorer.memoryBytes && restored.isWarm == scorer.isWarm)
        scorer = restored
      }
      #expect(scorer.score(value: value, time: Int64(index) * Self.step) == expected[index], "point \(index)")
    }
  }

  @Test("a saved state that was cut is refused at every length")
  func cut() {
    var random = DetectRandom(seed: 8)
    let scorer = AnomalyScorer()
    for (index, value) in Self.noise(400, around: 5, &random).enumerated() {
      _ = scorer.score(value: value, time: Int64(index) * Self.step)
    }
    let writer = StateWriter()
    scorer.save(to: writer)
    for length in stride(from: 0, to: writer.count, by: 7) {
      var reader = StateReader(UnsafeRawBufferPointer(rebasing: writer.bytes[..<length]))
      #expect(throws: StateError.self) { try AnomalyScorer().restore(from: &reader) }
    }
  }

  @Test("a saved count of points that could overflow is refused")
  func overflowing() throws {
    let writer = StateWriter()
    AnomalyScorer().save(to: writer)
    for (points, isUsable) in [(Int64(1) << 55, true), (1 << 55 + 1, false), (.max, false), (-1, false)] {
      var bytes = Array(writer.bytes)
      withUnsafeBytes(of: points) { bytes.replaceSubrange(0..<8, with: $0) }
      let saved = StateBytes(bytes)
      let scorer = AnomalyScorer()
      var reader = StateReader(saved.bytes)
      if isUsable {
        try scorer.restore(from: &reader)
        #expect(scorer.score(value: 1, time: 0) >= 0 && scorer.isWarm)
      } else {
        #expect(throws: StateError.self) { try scorer.restore(from: &reader) }
      }
    }
  }

  @Test("spikes, steps, dropouts, absent peaks and bursts are found in quiet and seasonal series with few false alarms")
  func ownSeries() {
    var benchmark = AnomalyBenchmark()
    for seed in UInt64(0)..<20 {
      var random = DetectRandom(seed: 100 + seed)
      let series = Self.troubled(Int(seed % 5), &random)
      benchmark.add(series, scores: Self.scores(series.values))
    }
    let result = benchmark.best()
    print("own series: \(result.score) at threshold \(result.threshold)")
    #expect(result.score >= 70)
  }

  @Test("on the shared half of the Numenta Anomaly Benchmark the standard profile gives at least 72")
  func benchmark() throws {
    guard let corpus = try AnomalyBenchmark.corpus() else { return }
    #expect(corpus.count == 30)
    var benchmark = AnomalyBenchmark()
    for series in corpus {
      let scorer = AnomalyScorer()
      benchmark.add(series, scores: zip(series.values, series.times).map { scorer.score(value: $0, time: $1) })
    }
    let result = benchmark.best()
    print("NAB, standard profile: \(result.score) at threshold \(result.threshold)")
    #expect(result.score >= 72)
  }

  // MARK: Series

  static func scores(_ values: [Double]) -> [Double] {
    let scorer = AnomalyScorer()
    return values.enumerated().map { scorer.score(value: $1, time: Int64($0) * step) }
  }

  static func noise(_ count: Int, around center: Double, _ random: inout DetectRandom) -> [Double] {
    (0..<count).map { _ in
      center + (0..<4).reduce(0) { sum, _ in sum + Double.random(in: -5...5, using: &random) }
    }
  }

  /// Days with a plateau of about 80 from point 100 to 200 and about 20 otherwise.
  static func daily(_ days: Int, _ random: inout DetectRandom) -> [Double] {
    (0..<days * perDay).map { index in
      (100..<200).contains(index % perDay)
        ? Double.random(in: 75...85, using: &random) : Double.random(in: 18...22, using: &random)
    }
  }

  /// Noise with jumps of level and of magnitude.
  static func wild(_ count: Int, _ random: inout DetectRandom) -> [Double] {
    var level = 0.0
    return (0..<count).map { _ in
      if Int.random(in: 0..<300, using: &random) == 0 { level = Double.random(in: -1000...1000, using: &random) }
      return level + Double.random(in: -3...3, using: &random) * (Int.random(in: 0..<50, using: &random) == 0 ? 40 : 1)
    }
  }

  /// Two weeks with one trouble of the given kind in the second, and the window around it.
  static func troubled(_ kind: Int, _ random: inout DetectRandom) -> AnomalyBenchmark.Series {
    var values = kind == 3 ? daily(14, &random) : noise(14 * perDay, around: 100, &random)
    let at = Int.random(in: 8...11, using: &random) * perDay + 100
    switch kind {
    case 0: values[at] += 60
    case 1: for index in at..<values.count { values[index] += 12 }
    case 2: for index in at..<at + 30 { values[index] = 0 }
    case 3: for index in at..<at + 100 { values[index] = Double.random(in: 18...22, using: &random) }
    default: for index in at..<at + 60 { values[index] = 100 + (values[index] - 100) * 4 }
    }
    return AnomalyBenchmark.Series(
      name: "kind \(kind)", times: values.indices.map { Int64($0) * step }, values: values,
      windows: [at - 200...at + 200])
  }
}
