import StellaModel
import Testing

@testable import StellaDetection

/// Thresholds against naive models on random streams.
@Suite struct DetectThresholdTests {
  struct Step {
    var time: Double
    var key: Int
    var value: Int
  }

  /// Times in tenths of a second, now and then with a long pause.
  static func steps(_ random: inout DetectRandom, count: Int, keys: Int, values: Int) -> [Step] {
    var time = 0.0
    return (0..<count).map { _ in
      time +=
        Int.random(in: 0..<50, using: &random) == 0
        ? Double.random(in: 20...200, using: &random).rounded() : Double(Int.random(in: 0...15, using: &random)) / 10
      return Step(
        time: time, key: Int.random(in: 0..<keys, using: &random), value: Int.random(in: 0..<values, using: &random))
    }
  }

  static func stream(_ steps: [Step]) -> DetectStream {
    var stream = DetectStream()
    for step in steps { stream.add(step.time, "\"k\":\(step.key),\"v\":\(step.value)") }
    return stream
  }

  /// (key, time of the deciding event) of every finding, which `suppress_for = "0s"` makes an alert of its own.
  private func fired(_ steps: [Step], threshold: String) throws -> [String] {
    let rule = """
      return rule { api = 1, id = "t", title = "t", severity = "low", where = "true", by = { "k" }, suppress_for = "0s",
        threshold = \(threshold) }
      """
    return try DetectThresholdTests.stream(steps).run([rule]).fired.map { alert in
      "\(alert.key[0].value.json) \(alert.lastSeen - DetectStream.start) \(alert.count)"
    }
  }

  private func place(_ step: Step, _ count: Int) -> String {
    "\(step.key) \(Int64((step.time * 1e9).rounded())) \(count)"
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func aSlidingThresholdIsExact(seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let (count, within) = (Int.random(in: 1...7, using: &random), Double(Int.random(in: 1...30, using: &random)))
    let steps = DetectThresholdTests.steps(&random, count: 3000, keys: 1 + Int(seed) * 2, values: 5)
    var times: [Int: [Double]] = [:]
    var wanted: [String] = []
    for step in steps {
      times[step.key, default: []].append(step.time)
      let last = times[step.key, default: []].suffix(count)
      if last.count == count, let first = last.first, step.time - first <= within + 1e-9 {
        wanted.append(place(step, count))
      }
    }
    #expect(try fired(steps, threshold: "{ count = \(count), within = \"\(Int(within))s\" }") == wanted, "seed \(seed)")
    #expect(!wanted.isEmpty, "seed \(seed)")
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func aThresholdFromTheFirstEventIsExact(seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let (count, within) = (Int.random(in: 1...7, using: &random), Double(Int.random(in: 1...30, using: &random)))
    let steps = DetectThresholdTests.steps(&random, count: 3000, keys: 1 + Int(seed) * 2, values: 5)
    var windows: [Int: (start: Double, count: Int)] = [:]
    var wanted: [String] = []
    for step in steps {
      var window = windows[step.key] ?? (step.time, 0)
      if window.count == 0 || step.time - window.start >= within - 1e-9 { window = (step.time, 0) }
      window.count += 1
      windows[step.key] = window
      if window.count == count { wanted.append(place(step, count)) }
    }
    let threshold = "{ count = \(count), within = \"\(Int(within))s\", window = \"from_first\" }"
    #expect(try fired(steps, threshold: threshold) == wanted, "seed \(seed)")
    #expect(!wanted.isEmpty, "seed \(seed)")
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func aThresholdOfDistinctValuesIsExact(seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let (count, within) = (Int.random(in: 2...6, using: &random), Double(Int.random(in: 3...30, using: &random)))
    let steps = DetectThresholdTests.steps(&random, count: 3000, keys: 1 + Int(seed), values: 9)
    var seen: [Int: [Int: Double]] = [:]
    var wanted: [String] = []
    for step in steps {
      seen[step.key, default: [:]][step.value] = step.time
      let live = seen[step.key, default: [:]].values.count { step.time - $0 <= within + 1e-9 }
      if live >= count { wanted.append(place(step, count)) }
    }
    let threshold = "{ count = \(count), within = \"\(Int(within))s\", distinct = \"v\" }"
    #expect(try fired(steps, threshold: threshold) == wanted, "seed \(seed)")
    #expect(!wanted.isEmpty, "seed \(seed)")
  }

  @Test func whatFollowsJoinsTheAlertAndCounts() throws {
    var stream = DetectStream()
    for second in 0..<20 { stream.add(Double(second), "\"k\":\"a\",\"user\":\"u\(second)\"") }
    let rule = """
      return rule { api = 1, id = "t", title = "t", severity = "low", where = "true", by = { "k" }, affected = "user",
        threshold = { count = 5, within = "1m" }, evidence = 3 }
      """
    let outcome = try stream.run([rule], advance: 300)
    #expect(outcome.transitions.map(\.status) == [.firing, .resolved])
    #expect(outcome.transitions[0].count == 5 && outcome.transitions[1].count == 20)
    #expect(outcome.transitions[0].evidence.count == 3)
    #expect(outcome.transitions[0].affectedUsers == ["u4"])
    #expect(outcome.transitions[1].affectedUsers == (4..<20).map { "u\($0)" })
    #expect(outcome.transitions[0].firstSeen == DetectStream.start)
    #expect(outcome.transitions[1].lastSeen == DetectStream.start + 19 * DetectStream.second)
  }
}
