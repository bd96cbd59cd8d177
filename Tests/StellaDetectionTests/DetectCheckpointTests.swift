import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection

/// A stream that is stopped anywhere and gone on with from its saved state says the same as one that was not.
struct DetectCheckpointTests {
  static let rules =
    DetectBatchCutTests.rules + [
      DetectModelStream.rule(
        "few", "threshold = { count = 3, within = \"20s\" }, max_keys = 12, suppress_for = \"5s\", evidence = 4"),
      DetectModelStream.rule(
        "sizes",
        """
        state = { q = window.quantile("20s"), m = window.max("20s"), d = window.distinct { "20s", cap = 4 }, step = 1 },
        on = function(e, s)
          s.q:add(e.v) s.m:add(e.v) s.d:add(e.v)
          s.list = s.list or {}
          s.list[#s.list + 1] = { e.v, ["raw\\255"] = e.v * 0.5 }
          if #s.list > 6 then s.step = s.step + 1 s.list = nil end
        end,
        every = "4s", suppress_for = "0s",
        check = function(s)
          if s.m:max() and s.m:max() > 10 then
            local raw = s.list and s.list[1] and s.list[1]["raw\\255"]
            return alert { value = s.q:q(0.9), expected = s.d:count(), summary = "{k} " .. s.step .. " " .. tostring(raw) }
          end
        end
        """),
    ]

  @Test(arguments: [UInt64(401), 402, 403])
  func alertsAreTheSameBytesHoweverOftenTheStreamIsStopped(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let events = DetectEvents(&random, count: 400, keys: 40, disorder: 20)
    let lines = events.times.indices.map {
      let nest = "\"nest\":{\"deep\":\"d\(events.values[$0])\"}"
      return DetectModelStream.line(
        events.times[$0], "\"k\":\"k\(events.keys[$0])\",\"v\":\(events.values[$0]),\(nest)")
    }
    let whole = try DetectModelStream(DetectCheckpointTests.rules)
    let expected = whole.run(lines).map(\.json)
    #expect(whole.pipeline.rules.failingRules.map(\.error) == [])
    for rule in whole.pipeline.rules.rules { #expect(rule.detector.firedAlerts > 0, "\(rule.manifest.id) is silent") }
    for most in [20, 200] {
      var stream = try DetectModelStream(DetectCheckpointTests.rules)
      var alerts: [String] = []
      var position = 0
      while position < lines.count {
        let count = min(lines.count - position, 1 + Int(random.next() % UInt64(most)))
        alerts += stream.feed(Array(lines[position..<position + count])).map(\.json)
        position += count
        stream = try stream.reopened()
      }
      alerts += stream.end().map(\.json)
      #expect(alerts.count == expected.count, "at most \(most)")
      let different = zip(alerts, expected).first { $0 != $1 }
      #expect(different == nil, "at most \(most)")
    }
  }

  @Test func aRuleWhoseStateHasAnotherShapeStartsAnewAndIsNamed() throws {
    let before = DetectModelStream.rule("r", "state = { n = window.count(\"1m\") }, on = function(e, s) s.n:add(e) end")
    let stream = try DetectModelStream(before)
    stream.feed((0..<5).map { DetectModelStream.line(Double($0), "\"k\":1") })
    let saved = stream.pipeline.rules.save { _ in true }
    for (changed, isKept) in [
      (before, true), (before.replacing("\"T\"", with: "\"U\""), true),
      (before.replacing("1m", with: "2m"), false), (before.replacing("\"k\" }", with: "\"k\", \"v\" }"), false),
      (DetectModelStream.rule("r", "threshold = { count = 9, within = \"1m\" }"), false),
    ] {
      let next = try DetectModelStream(changed)
      let resets = next.pipeline.rules.restore(saved)
      #expect(resets.map(\.rule) == (isKept ? [] : ["r"]), "\(changed)")
      #expect(next.detector.keyCount == (isKept ? 1 : 0))
      // Either way it goes on.
      next.feed((5..<9).map { DetectModelStream.line(Double($0), "\"k\":1") })
      #expect(next.detector.keyCount == 1 && next.pipeline.rules.failingRules.isEmpty)
    }
  }

  @Test func aThresholdThatCountsToAnotherNumberKeepsWhatItHasSeen() throws {
    for kind in ["", ", distinct = \"v\""] {
      func rule(_ count: Int) -> String {
        DetectModelStream.rule("r", "threshold = { count = \(count), within = \"1m\"\(kind) }")
      }
      for (before, seen, after, expected) in [(10, 6, 7, 1), (10, 6, 8, 2), (4, 3, 9, 6), (9, 8, 3, 1)] {
        let stream = try DetectModelStream(rule(before))
        #expect(stream.feed((0..<seen).map { DetectModelStream.line(Double($0), "\"k\":1,\"v\":\($0)") }).isEmpty)
        let saved = stream.pipeline.rules.save { _ in true }
        let next = try DetectModelStream(rule(after))
        #expect(next.pipeline.rules.restore(saved).isEmpty)
        var more = 0
        while more < 20 {
          more += 1
          let number = seen + more
          if !next.feed([DetectModelStream.line(Double(number), "\"k\":1,\"v\":\(number)")]).isEmpty { break }
        }
        #expect(more == expected, "\(before) → \(after) after \(seen)\(kind)")
      }
    }
  }

  @Test func migrateTurnsThePlainValuesOfEachKeyIntoNewOnes() throws {
    let before = DetectModelStream.rule(
      "r", "state = { n = 0, w = window.count(\"1m\") }, on = function(e, s) s.n = s.n + 1 s.w:add(e) end")
    let after = DetectModelStream.rule(
      "r",
      """
      state = { total = 0, w = window.count("1m") }, migrate = function(old) return { total = old.n * 10 } end,
      suppress_for = "0s",
      on = function(e, s)
        s.w:add(e) s.total = s.total + 1
        if e.say then return alert { value = s.total, expected = s.w:count() } end
      end
      """)
    let stream = try DetectModelStream(before)
    stream.feed((0..<6).map { DetectModelStream.line(Double($0), "\"k\":\($0 % 2)") })
    let next = try DetectModelStream(after)
    #expect(next.pipeline.rules.restore(stream.pipeline.rules.save { _ in true }) == [])
    let said = next.feed([DetectModelStream.line(7, "\"k\":1,\"say\":true")])
    #expect(said.first?.value == .integer(31) && said.first?.expected == .integer(4))
    let broken = try DetectModelStream(after.replacing("old.n * 10", with: "old.x.y"))
    let resets = broken.pipeline.rules.restore(stream.pipeline.rules.save { _ in true })
    #expect(resets.count == 1 && resets[0].reason.contains("migrate failed"))
    #expect(broken.detector.keyCount == 0)
  }

  @Test(arguments: [UInt64(411)])
  func cutOrChangedStateIsRefusedAndTheRuleGoesOnAnew(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let events = DetectEvents(&random, count: 120, keys: 10, disorder: 20)
    let stream = try DetectModelStream(DetectCheckpointTests.rules)
    stream.feed(events.lines)
    let saved = stream.pipeline.rules.save { _ in true }
    for _ in 0..<60 {
      var parts = saved
      let name = saved.keys.sorted()[Int(random.next() % UInt64(saved.count))]
      var bytes = Array(try #require(saved[name]).bytes)
      if random.chance(50) {
        bytes.removeLast(1 + Int(random.next() % UInt64(bytes.count)))
      } else {
        for _ in 0..<4 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      }
      parts[name] = StateBytes(bytes)
      let next = try DetectModelStream(DetectCheckpointTests.rules)
      _ = next.pipeline.rules.restore(parts)
      next.feed(events.lines)
      _ = next.end()
    }
  }

  @Test func aReloadedRuleKeepsItsStateAndAnotherShapeEndsItsAlerts() throws {
    let rule = DetectModelStream.rule("r", "threshold = { count = 3, within = \"1m\" }, keep_firing = \"10m\"")
    let stream = try DetectModelStream(rule)
    stream.feed((0..<2).map { DetectModelStream.line(Double($0), "\"k\":1") })
    func replace(_ text: String) -> (alerts: [Alert], resets: [StateReset]) {
      stream.pipeline.replace(
        RuleSet(
          sources: DetectModelStream.sources([text]), fields: stream.fields, previous: stream.pipeline.rules))
    }
    var (alerts, resets) = replace(rule.replacing("\"T\"", with: "\"U\""))
    #expect(alerts.isEmpty && resets.isEmpty)
    let fired = stream.feed([DetectModelStream.line(3, "\"k\":1")])
    #expect(fired.map(\.title) == ["U"] && fired.first?.firstSeconds == 0)
    (alerts, resets) = replace(rule.replacing("\"k\" }", with: "\"v\" }"))
    #expect(alerts.map(\.status) == [.resolved] && alerts.map(\.id) == fired.map(\.id))
    #expect(resets.map(\.rule) == ["r"])
  }

  @Test("The alert about a script that rests outlives restarts, and ends when the script runs well or is corrected")
  func quarantineAlert() throws {
    let rule = DetectModelStream.rule("r", "on = function(e, s) if e.bad then error(\"no\") end end")
    func lines(_ seconds: Range<Int>, bad: Bool) -> [String] {
      seconds.map { DetectModelStream.line(Double($0), bad ? "\"bad\":true" : "\"k\":1") }
    }
    let stream = try DetectModelStream(rule)
    let fired = stream.feed(lines(0..<100, bad: true))
    #expect(fired.map(\.status) == [.firing])
    let again = try stream.reopened()
    #expect(again.feed(lines(100..<150, bad: true)).isEmpty && again.detector.openAlerts == 1)
    let other = try again.reopened()
    let ended = again.feed(lines(1000..<1001, bad: false))
    #expect(ended.map(\.status) == [.resolved] && ended.map(\.id) == fired.map(\.id) && ended[0].revision == 2)
    #expect(again.detector.openAlerts == 0)
    // A corrected text ends it at once, and its script has not failed.
    let corrected = RuleSet(
      sources: DetectModelStream.sources([rule.replacing("error(\"no\")", with: "s.n = 1")]), fields: other.fields,
      previous: other.pipeline.rules)
    let (alerts, resets) = other.pipeline.replace(corrected)
    #expect(alerts.map(\.status) == [.resolved] && alerts.map(\.id) == fired.map(\.id) && resets.isEmpty)
    #expect(corrected.failingRules.isEmpty && other.feed(lines(1000..<1010, bad: true)).isEmpty)
  }

  @Test("What ends an alert beside the trouble's end is on record, and the new kind of state is named beside the old")
  func endedByReload() throws {
    let rule = DetectModelStream.rule("r", "threshold = { count = 1, within = \"1m\" }")
    let stream = try DetectModelStream(rule)
    stream.feed([DetectModelStream.line(1, "\"k\":1")])
    let other = RuleSet(
      sources: DetectModelStream.sources([rule.replacing("\"k\" }", with: "\"v\" }")]), fields: stream.fields,
      previous: stream.pipeline.rules)
    let (alerts, resets) = stream.pipeline.replace(other)
    #expect(alerts.map(\.status) == [.resolved])
    #expect(
      resets.map(\.reason) == [
        "the rule keeps another kind of state now (threshold sliding by v; before: threshold sliding by k)"
      ])
    #expect(alerts.map(\.resolvedBecause) == [.ruleReset])
    let last = try #require(stream.detector.decisions.decisions.last)
    #expect(last.kind == .resolved && last.reason.hasPrefix("the rule began anew") && last.alert == alerts[0].id)
  }

  @Test("What a rule has decided outlives its removal, also over a restart, until it is there again")
  func retired() throws {
    let rule = DetectModelStream.rule("r", "threshold = { count = 1, within = \"1m\" }")
    let stream = try DetectModelStream(rule)
    stream.feed([DetectModelStream.line(1, "\"k\":1")])
    let none = RuleSet(sources: [], fields: stream.fields, previous: stream.pipeline.rules)
    #expect(stream.pipeline.replace(none).alerts.map(\.resolvedBecause) == [.ruleRemoved])
    let saved = stream.pipeline.retired.save()
    #expect(Set(saved.keys) == stream.pipeline.retired.partNames && saved.count == 1)
    func kinds(_ rules: RuleSet) -> [Decision.Kind] {
      rules.rules.flatMap { $0.detector.decisions.decisions.map(\.kind) }
    }
    let again = RuleSet(
      sources: DetectModelStream.sources([rule]), fields: stream.fields, previous: stream.pipeline.rules)
    #expect(stream.pipeline.replace(again).alerts.isEmpty)
    #expect(kinds(again) == [.fired, .resolved] && stream.pipeline.retired.partNames.isEmpty)
    // What was saved is there for a rule that comes later, and not for one that is there.
    var later = RetiredDecisions()
    later.restore(saved, without: ["r"])
    #expect(later.partNames.isEmpty)
    later.restore(saved, without: [])
    #expect(later.take("r")?.decisions.map(\.kind) == [.fired, .resolved] && later.take("r") == nil)
  }
}
