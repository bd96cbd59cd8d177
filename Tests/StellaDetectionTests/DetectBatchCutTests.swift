import StellaModel
import Testing

@testable import StellaDetection

/// The same stream gives the same bytes however it is cut into batches.
struct DetectBatchCutTests {
  static let rules = [
    DetectModelStream.rule("sliding", "threshold = { count = 4, within = \"15s\" }, summary = \"{k} {v} {count}\""),
    DetectModelStream.rule(
      "first", "threshold = { count = 5, within = \"30s\", window = \"from_first\" }, evidence = 3"),
    DetectModelStream.rule(
      "distinct", "threshold = { count = 5, within = \"30s\", distinct = \"v\" }, suppress_for = \"0s\""),
    DetectModelStream.rule("soon", "threshold = { count = 1, within = \"1s\" }, suppress_for = \"1s\", max_keys = 40"),
    DetectModelStream.rule("held", "threshold = { count = 2, within = \"20s\" }, hold = \"10s\", keep_firing = \"3s\""),
    DetectModelStream.rule("ended", "threshold = { count = 3, within = \"20s\" }, resolve_when = [[v == 7]]"),
    DetectModelStream.rule(
      "shaped",
      """
      threshold = { count = 3, within = "20s" }, suppress_for = "2s", on_match = function(m)
        if m.last["v"] > 3 then return alert { summary = m.key.k .. " {who}", who = m.last["nest" .. ".deep"] } end
      end
      """),
    DetectModelStream.rule(
      "on",
      """
      suppress_for = "4s", on = function(e, s)
        s.total = (s.total or 0) + e.v
        if s.total > 20 then s.total = 0 return alert { value = e["v"], evidence = e } end
      end
      """),
    DetectModelStream.rule(
      "checked",
      """
      state = { n = window.count("20s"), sample = ring(2), seen = window.distinct("20s") },
      on = function(e, s) s.n:add(e) s.seen:add(e["v"]) s.sample:push(e) end,
      every = "3s", hold = "6s", keep_firing = "9s", suppress_for = "0s",
      check = function(s, t)
        if s.n:count() > 8 then
          return alert { value = s.n:per_minute(), expected = s.seen:count(), evidence = s.sample }
        end
      end
      """),
    DetectModelStream.rule(
      "series",
      """
      state = {
        session = session { "8s", max = "1m" }, known = first_seen { "40s", learn = "5s" }, top = top { 3, within = "20s" },
        usual = baseline { "10s", season = "none", keep = "5m", min_history = "30s" },
        trend = forecast { "1m", min_history = "10s" },
      },
      on = function(e, s)
        s.session:add(e) s.top:add(e.v) s.usual:add(e) s.trend:add(e.v)
        if s.known:add(e.v) then return alert { value = e.v, kind = "new", count = s.session:count() } end
      end,
      every = "3s", suppress_for = "0s",
      check = function(s, t)
        local first = s.top:list(1)[1]
        local z, eta = s.usual:z(), s.trend:eta_s(12)
        if s.session:ended() or (z and z > 2) or (eta and eta < 20) then
          return alert { value = first and first.count, expected = s.usual:usual(), kind = s.session:duration_s() }
        end
      end
      """),
    DetectModelStream.rule(
      "novelty",
      """
      state = {
        kinds = templates { "20s", max = 16, field = "nest.deep" }, each = anomaly(), rate = anomaly("1s"),
      },
      on = function(e, s)
        local score = s.each:add(e.v)
        s.rate:add(e)
        if s.kinds:add(e) or s.kinds:add("took " .. e.v .. " steps") or score > 0.3 then
          return alert { value = score, kind = s.kinds:template(), id = s.kinds:id(), count = s.kinds:count() }
        end
      end,
      every = "1s", suppress_for = "0s",
      check = function(s, t)
        local score = s.rate:value()
        if score and score > 0.1 then return alert { value = score, expected = s.rate:point() } end
      end
      """),
    DetectModelStream.rule(
      "asked",
      """
      state = { n = window.count("20s") }, on = function(e, s) s.n:add(e) s.last = e.v end, every = "2s",
      suppress_for = "0s", check = function(s) if s.n:count() > 10 then return alert {} end end,
      resolve_when = function(s) return s.last == 3 end
      """),
  ]

  private func lines(_ events: DetectEvents) -> [String] {
    events.times.indices.map {
      let nest = "\"nest\":{\"deep\":\"d\(events.values[$0])\"}"
      return DetectModelStream.line(
        events.times[$0], "\"k\":\"k\(events.keys[$0])\",\"v\":\(events.values[$0]),\(nest)")
    }
  }

  @Test(arguments: [UInt64(61), 62])
  func alertsAreTheSameBytesHoweverTheStreamIsCut(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let lines = lines(DetectEvents(&random, count: 500, keys: 40, disorder: 20))
    let whole = try DetectModelStream(DetectBatchCutTests.rules)
    let expected = whole.run(lines).map(\.json)
    #expect(whole.pipeline.rules.failingRules.map(\.error) == [])
    for rule in whole.pipeline.rules.rules { #expect(rule.detector.firedAlerts > 0, "\(rule.manifest.id) is silent") }
    for most in [1, 10, 150] {
      let alerts = try DetectModelStream(DetectBatchCutTests.rules).run(lines, most: most, &random).map(\.json)
      #expect(alerts.count == expected.count)
      let different = zip(alerts, expected).first { $0 != $1 }
      #expect(different == nil, "pieces of at most \(most)")
    }
  }

  @Test(arguments: [UInt64(63)])
  func eventsFarTooLateGiveTheSameBytesHoweverTheStreamIsCut(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    var events = DetectEvents(&random, count: 300, keys: 20)
    for position in events.times.indices where random.chance(20) { events.times[position] -= 60 }
    let lines = lines(events)
    let expected = try DetectModelStream(DetectBatchCutTests.rules).run(lines).map(\.json)
    for most in [1, 40] {
      let alerts = try DetectModelStream(DetectBatchCutTests.rules).run(lines, most: most, &random).map(\.json)
      #expect(alerts.count == expected.count)
      let different = zip(alerts, expected).first { $0 != $1 }
      #expect(different == nil, "pieces of at most \(most)")
    }
  }

  @Test func anAlertFiresBeforeItResolvesAndEachEpisodeHasAnIdOfItsOwn() throws {
    print("seed 64")
    var random = SeededGenerator(64)
    var events = DetectEvents(&random, count: 500, keys: 30)
    for position in events.times.indices where random.chance(10) { events.times[position] -= 60 }
    let alerts = try DetectModelStream(DetectBatchCutTests.rules).run(lines(events))
    var states: [String: [Alert.Status]] = [:]
    for alert in alerts { states[alert.id, default: []].append(alert.status) }
    #expect(states.values.allSatisfy { $0 == [.firing] || $0 == [.firing, .resolved] })
    #expect(states.keys.allSatisfy { $0.utf8.count == 32 })
    for (_, group) in Dictionary(grouping: alerts, by: \.id) {
      #expect(group.map(\.revision) == Array(1...group.count))
      #expect(Set(group.map { "\($0.rule) \($0.key) \($0.firstSeen)" }).count == 1)
    }
  }
}
