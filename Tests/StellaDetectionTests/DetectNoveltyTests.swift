import StellaModel
import Testing

@testable import StellaDetection

@Suite("Novelty") struct DetectNoveltyTests {
  private let second = PrimitiveCase.second

  private func templates(max: Int = 1000) -> TemplatesState {
    let templates = TemplatesState(learn: 3600 * second, keep: 86_400 * second, max: max, column: 0)
    templates.grow(to: 2)
    for slot in 0..<2 { templates.clear(slot) }
    return templates
  }

  @Test func `a kind of message is new once, after the key has learned, and for each key by itself`() {
    let templates = templates()
    func add(_ message: String, _ slot: Int, _ seconds: Int64) -> Bool {
      PrimitiveCase.add(message, to: templates, slot, seconds * second)
    }
    for number in 0..<50 { #expect(!add("user \(number) logged in from 10.0.0.\(number)", 0, Int64(number))) }
    #expect(!add("disk sda failed", 1, 0))
    #expect(!templates.isReady(0, at: 3599 * second) && templates.isReady(0, at: 3600 * second))
    #expect(!add("user 77 logged in from 10.1.2.3", 0, 3601))
    #expect(templates.latest(0)?.text == "user <*> logged in from <*>" && templates.latest(0)?.count == 51)
    #expect(add("disk sda failed", 0, 3602))
    #expect(!add("disk sda failed", 0, 3603))
    #expect(!add("disk sda failed", 1, 3604))
    #expect(templates.count(0) == 2 && templates.count(1) == 1)
  }

  @Test func `a key that was silent for long learns again`() {
    let templates = templates()
    func add(_ message: String, _ seconds: Int64) -> Bool {
      PrimitiveCase.add(message, to: templates, 0, seconds * second)
    }
    #expect(!add("started", 0))
    #expect(add("stopped with an error", 4000))
    #expect(!templates.isIdle(0, at: (4000 + 86_399) * second) && templates.isIdle(0, at: (4000 + 86_400) * second))
    #expect(!add("something else altogether", 4000 + 86_400))
    #expect(templates.count(0) == 1)
  }

  @Test func `ever new messages take bounded memory, which is counted and given back`() {
    let templates = templates(max: 64)
    var random = DetectRandom(seed: 5)
    for number in 0..<20_000 {
      let words = (0..<6).map { _ in
        String((0..<8).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement(using: &random) ?? "x" })
      }
      _ = PrimitiveCase.add(words.joined(separator: " "), to: templates, 0, Int64(number) * second)
      #expect(templates.count(0) <= 64)
    }
    #expect(templates.heldBytes > 64 * 40 && templates.heldBytes < 4 << 20)
    templates.clear(0)
    #expect(templates.heldBytes == 0)
  }

  private func anomaly(bucket: Int64) -> AnomalyState {
    let anomaly = AnomalyState(bucket: bucket * second, keep: 30 * 86_400 * second)
    anomaly.grow(to: 1)
    anomaly.clear(0)
    return anomaly
  }

  @Test func `a value scores as the scorer says, and nothing scores while it is cold`() {
    let anomaly = anomaly(bucket: 0)
    let scorer = AnomalyScorer()
    var random = DetectRandom(seed: 6)
    for point in 0..<1000 {
      let value = point == 900 ? 500 : Double.random(in: 90...110, using: &random)
      let time = Int64(point) * 60 * second
      let score = anomaly.add(value, slot: 0, at: time)
      #expect(score == scorer.score(value: value, time: time))
      if point < AnomalyScorer.coldPoints { #expect(score == 0 && !anomaly.isReady(0)) }
      if point == 900 { #expect((score ?? 0) > 0.5) }
    }
    #expect(anomaly.add(.nan, slot: 0, at: 0) == nil)
  }

  @Test func `a bucket is scored when it closes, with its late events, and a gap as zeros`() {
    let anomaly = anomaly(bucket: 60)
    let scorer = AnomalyScorer()
    func add(_ seconds: Int64) { #expect(anomaly.add(1, slot: 0, at: seconds * second) == nil) }
    add(5)
    add(65)
    add(59)
    #expect(anomaly.newest(0) == nil)
    anomaly.advance(0, to: 60 * second)
    #expect(anomaly.newest(0)?.point == 2)
    // Its bucket is closed.
    add(58)
    add(70)
    // The bucket after the next one closes it without a check.
    add(121)
    #expect(anomaly.newest(0)?.point == 2)
    add(181)
    #expect(anomaly.newest(0)?.point == 2 && anomaly.newest(0)?.score == 0)
    anomaly.advance(0, to: 240 * second)
    #expect(anomaly.newest(0)?.point == 1)
    var expected = 0.0
    for (bucket, sum) in [2.0, 2, 1, 1].enumerated() {
      expected = scorer.score(value: sum, time: Int64(bucket + 1) * 60 * second)
    }
    for bucket in 4..<200 {
      expected = scorer.score(value: 0, time: Int64(bucket + 1) * 60 * second)
      anomaly.advance(0, to: Int64(bucket + 1) * 60 * second)
      #expect(anomaly.newest(0)?.point == 0 && anomaly.newest(0)?.score == expected)
    }
    for _ in 0..<30 { add(200 * 60) }
    anomaly.advance(0, to: 201 * 60 * second)
    expected = scorer.score(value: 30, time: 201 * 60 * second)
    #expect(anomaly.newest(0)?.point == 30 && anomaly.newest(0)?.score == expected && expected > 0.5)
  }

  @Test func `a gap of a thousand years takes no longer than one of a day`() {
    let anomaly = anomaly(bucket: 1)
    let held = { anomaly.heldBytes }
    _ = anomaly.add(1, slot: 0, at: 0)
    anomaly.advance(0, to: 4_000_000_000 * second)
    #expect(anomaly.newest(0) != nil && held() < 32 << 10)
    _ = anomaly.add(1, slot: 0, at: 10)
    #expect(anomaly.newest(0) != nil)
  }
}
