import StellaModel
import Testing

@testable import StellaDetection

/// The same stream gives the same alerts, byte for byte.
@Suite struct DetectReplayTests {
  static let rules = [
    """
    return rule { api = 1, id = "sliding", title = "t", severity = "low", where = [[v >= 2]], by = { "k" }, evidence = 3,
      threshold = { count = 4, within = "5s" }, resolve_when = [[v == 0]] }
    """,
    """
    return rule { api = 1, id = "first", title = "t", severity = "low", where = "true", by = { "k", "v" },
      threshold = { count = 3, within = "20s", window = "from_first" }, hold = "3s" }
    """,
    """
    return rule { api = 1, id = "distinct", title = "t", severity = "low", where = "true", by = { "k" },
      threshold = { count = 4, within = "6s", distinct = "v" }, suppress_for = "1s", max_keys = 8 }
    """,
    """
    return rule { api = 1, id = "script", title = "t", severity = "low", where = [[v ~= 1]], by = { "k" },
      state = { n = window.count("20s"), q = window.quantile("30s"), d = window.distinct("10s"), r = ring(2), total = 0 },
      on = function(e, s)
        s.n:add(e) s.q:add(e.v) s.d:add(e.v) s.r:push(e)
        s.total = s.total + e.v
        if s.total % 7 == 0 then return alert { value = s.total, evidence = s.r } end
      end,
      every = "2s", hold = "2s", keep_firing = "5s",
      check = function(s, t)
        if s.n:count() >= 6 then
          return alert { value = s.q:q(0.5), expected = s.d:count(), rate = s.n:per_minute(), at = t, evidence = s.r,
                         summary = "{k}: {value:.3f} {rate:.2f} {at}" }
        end
      end }
    """,
    """
    return rule { api = 1, id = "fed", title = "t", severity = "low", where = [[v ~= 1]], by = { "k" },
      state = { n = window.count { "20s", where = [[true]] }, high = window.count { "20s", where = [[v >= 4]] },
        u = baseline { "10s", season = "none", keep = "5m", min_history = "30s", where = [[v >= 2]] },
        r = ring { 2, every = "500ms", where = [[v >= 4]] } },
      every = "2s", hold = "2s", keep_firing = "5s",
      check = function(s)
        if s.high:count() >= 3 then
          return alert { value = s.n:count(), expected = s.u:usual(), evidence = s.r,
                         summary = "{k}: {value} of which " .. s.high:count("4s") .. " in four seconds" }
        end
      end }
    """,
  ]

  static func stream(_ random: inout DetectRandom) -> DetectStream {
    let steps = DetectThresholdTests.steps(&random, count: 2500, keys: 4, values: 6)
    var stream = DetectStream()
    for step in steps {
      // One in twenty comes late, by up to four seconds.
      let late = Int.random(in: 0..<20, using: &random) == 0 ? Double(Int.random(in: 0...40, using: &random)) / 10 : 0
      stream.add(max(0, step.time - late), "\"k\":\(step.key),\"v\":\(step.value)")
    }
    return stream
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>) func alertsDoNotDependOnHowEventsAreCutIntoBatches(seed: UInt64)
    throws
  {
    var random = DetectRandom(seed: seed)
    let stream = DetectReplayTests.stream(&random)
    let lateness = seed % 2 == 0 ? 0 : 3 * DetectStream.second
    let outcome = try stream.run(DetectReplayTests.rules, lateness: lateness)
    let whole = outcome.json
    #expect(Set(outcome.fired.map(\.rule)).count == 5, "seed \(seed)")
    let single = try stream.run(DetectReplayTests.rules, lateness: lateness, cut: { 1 }).json
    #expect(single == whole, "seed \(seed), one event at a time")
    for most in [3, 40, 700] {
      var cuts = DetectRandom(seed: seed &* 31 &+ UInt64(most))
      let cut = try stream.run(
        DetectReplayTests.rules, lateness: lateness, cut: { Int.random(in: 1...most, using: &cuts) }
      ).json
      #expect(cut == whole, "seed \(seed), batches of up to \(most)")
    }
  }

  @Test(arguments: 11...13 as ClosedRange<UInt64>) func alertsDoNotDependOnTheSeedOfTheKeyHash(seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let stream = DetectReplayTests.stream(&random)
    let one = try stream.run(DetectReplayTests.rules).json
    #expect(!one.isEmpty)
    for keySeed in [1, .max, random.next()] {
      #expect(
        try stream.run(DetectReplayTests.rules, keySeed: keySeed).json == one, "seed \(seed), key seed \(keySeed)")
    }
  }

  @Test func idsAreOfRuleKeyFirstEventAndEpisodeAlone() throws {
    var random = DetectRandom(seed: 99)
    let stream = DetectReplayTests.stream(&random)
    let first = try stream.run(DetectReplayTests.rules).transitions
    let again = try stream.run(DetectReplayTests.rules.reversed()).transitions
    #expect(Set(first.map(\.id)) == Set(again.map(\.id)))
    for (id, alerts) in Dictionary(grouping: first, by: \.id) {
      #expect(id.utf8.count == 32 && Set(alerts.map(\.revision)).count == alerts.count)
      #expect(Set(alerts.map { [.string($0.rule)] + $0.key.map(\.value) }).count == 1)
    }
  }
}
