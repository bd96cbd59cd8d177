import StellaModel
import Testing

@testable import StellaDetection

/// The life of alerts: hold, keep_firing, suppress_for, resolve_when, per key.
@Suite struct DetectLifeCycleTests {
  private static let counting = """
      state = { n = window.count("1m") },
      on = function(e, s) s.n:add(e) end,
      every = "10s",
      check = function(s) if s.n:count() >= 5 then return alert { value = s.n:count() } end end,
    """

  private func rule(_ body: String, where condition: String = "[[ok == false]]") -> String {
    """
    return rule { api = 1, id = "t", title = "t", severity = "low", where = \(condition), by = { "k" },
    \(body) }
    """
  }

  /// One failing event a second of key `a` in `range`.
  private func failing(_ range: Range<Int>, key: String = "a") -> DetectStream {
    var stream = DetectStream()
    for second in range { stream.add(Double(second), "\"k\":\"\(key)\",\"ok\":false") }
    return stream
  }

  private func seconds(_ alert: Alert) -> Double { Double(alert.lastSeen - DetectStream.start) / 1e9 }

  @Test func aConditionIsPendingUntilItHasHeld() throws {
    let stream = failing(0..<60)
    let held = try stream.run([rule(DetectLifeCycleTests.counting + "hold = \"30s\",")], advance: 0)
    #expect(held.fired.count == 1 && held.fired.map(seconds) == [40])
    let longer = try stream.run([rule(DetectLifeCycleTests.counting + "hold = \"5m\",")], advance: 0)
    #expect(longer.transitions.isEmpty)
    #expect(longer.detector("t")?.pendingAlerts.map(\.status) == [.pending])
  }

  @Test func aConditionThatEndsBeforeItHeldLeavesNothing() throws {
    let outcome = try failing(0..<10).run([rule(DetectLifeCycleTests.counting + "hold = \"2m\",")], advance: 600)
    #expect(outcome.transitions.isEmpty && outcome.detector("t")?.pendingAlerts.isEmpty == true)
  }

  @Test func anAlertOfCheckResolvesWhenTheConditionEnds() throws {
    let outcome = try failing(0..<30).run([rule(DetectLifeCycleTests.counting)], advance: 600)
    #expect(outcome.transitions.map(\.status) == [.firing, .resolved])
    #expect(outcome.transitions.map(\.revision) == [1, 2])
    #expect(outcome.transitions[0].id == outcome.transitions[1].id)
  }

  @Test func keepFiringBridgesAGap() throws {
    var stream = failing(0..<30)
    for second in 150..<180 { stream.add(Double(second), "\"k\":\"a\",\"ok\":false") }
    let without = try stream.run([rule(DetectLifeCycleTests.counting)], advance: 900)
    #expect(without.transitions.map(\.status) == [.firing, .resolved, .firing, .resolved])
    #expect(Set(without.transitions.map(\.id)).count == 2)
    let with = try stream.run([rule(DetectLifeCycleTests.counting + "keep_firing = \"5m\",")], advance: 900)
    #expect(with.transitions.map(\.status) == [.firing, .resolved])
  }

  @Test func whatIsSuppressedForTheTimeJoinsAndWhatComesLaterIsAnAlertOfItsOwn() throws {
    let body = "on = function(e, s) return alert { value = e.n } end, suppress_for = \"10s\","
    var stream = DetectStream()
    for (second, n) in [(0.0, 1), (5, 2), (14, 3), (25, 4)] {
      stream.add(second, "\"k\":\"a\",\"ok\":false,\"n\":\(n)")
    }
    let outcome = try stream.run([rule(body)], advance: 60)
    #expect(outcome.transitions.map(\.status) == [.firing, .resolved, .firing, .resolved])
    #expect(outcome.transitions[1].count == 3 && outcome.transitions[1].value == .integer(3))
    #expect(outcome.transitions[2].value == .integer(4))
  }

  @Test func aTextThatStandsForAListIsAListOfOne() throws {
    let body = """
      suggest = { "other" }, actions = { "Look" },
      on = function(e, s) return alert { suggest = "restart", actions = "Wait", affected_users = e.n } end,
      """
    var stream = DetectStream()
    stream.add(0, "\"k\":\"a\",\"ok\":false,\"n\":7")
    let alert = try #require(try stream.run([rule(body)], advance: 0).fired.first)
    #expect(alert.fixes == ["restart"] && alert.suggestedActions == ["Wait"] && alert.affectedUsers == ["7"])
    #expect(alert.labels.isEmpty)
  }

  @Test func suppressionIsPerKey() throws {
    var stream = DetectStream()
    for second in 0..<10 { stream.add(Double(second), "\"k\":\"\(second % 5)\",\"ok\":false") }
    let outcome = try stream.run([rule("on = function(e, s) return alert {} end, suppress_for = \"1h\",")], advance: 0)
    #expect(outcome.fired.map { $0.key[0].value.json } == (0..<5).map { "\"\($0)\"" })
  }

  @Test func anEventEndsTheAlertOfItsKeyAlone() throws {
    var stream = DetectStream()
    for key in ["a", "b"] { for second in 0..<5 { stream.add(Double(second), "\"k\":\"\(key)\",\"ok\":false") } }
    stream.add(6, "\"k\":\"b\",\"ok\":true")
    stream.add(7, "\"k\":\"c\",\"ok\":true")
    let body = "threshold = { count = 5, within = \"1h\" }, resolve_when = [[ok == true]],"
    let outcome = try stream.run([rule(body)], advance: 0)
    #expect(outcome.fired.count == 2)
    let resolved = outcome.transitions.filter { $0.status == .resolved }
    #expect(resolved.map { $0.key[0].value } == [.string("b")])
    #expect(outcome.detector("t")?.firingAlerts.map { $0.key[0].value } == [.string("a")])
  }

  @Test func aFunctionOfItsOwnDecidesWhenAnAlertIsOver() throws {
    let body = DetectLifeCycleTests.counting + "resolve_when = function(s, t) return s.n:count() == 0 end,"
    let plain = try failing(0..<30).run([rule(DetectLifeCycleTests.counting)], advance: 40)
    let own = try failing(0..<30).run([rule(body)], advance: 57)
    #expect(plain.transitions.map(\.status) == [.firing])
    #expect(own.transitions.map(\.status) == [.firing])
    #expect(try failing(0..<30).run([rule(body)], advance: 120).transitions.map(\.status) == [.firing, .resolved])
  }

  @Test func onMatchShapesAndDrops() throws {
    let body = """
      threshold = { count = 2, within = "1m" }, suppress_for = "0s",
      on_match = function(m)
        if m.last.n % 2 == 0 then
          return alert { summary = "n {n} of {k}", n = m.last.n, severity = "critical", value = m.count }
        end
      end,
      """
    var stream = DetectStream()
    for n in 1...6 { stream.add(Double(n), "\"k\":\"a\",\"ok\":false,\"n\":\(n)") }
    let outcome = try stream.run([rule(body)])
    #expect(outcome.fired.map(\.summary) == ["n 2 of a", "n 4 of a", "n 6 of a"])
    #expect(outcome.fired.allSatisfy { $0.severity == .critical && $0.value == .integer(2) })
  }

  @Test func aScriptThatKeepsFailingRestsAndOthersGoOn() throws {
    var stream = DetectStream()
    for second in 0..<200 { stream.add(Double(second), "\"k\":\"a\",\"ok\":false") }
    let broken = """
      return rule { api = 1, id = "broken", title = "t", severity = "low", where = "true",
        on = function(e, s) return e.missing.field end }
      """
    let outcome = try stream.run([broken, rule("threshold = { count = 200, within = \"1h\" },")])
    let quarantine = try #require(outcome.detector("broken")?.quarantine)
    // Five failures, a minute's rest, one more, two minutes' rest.
    #expect(quarantine.failures == 7 && quarantine.rests == 3)
    #expect(quarantine.lastError?.line == 2)
    // All rests are one alert of the engine's own.
    #expect(outcome.fired.map(\.rule) == ["stella.rule-quarantined", "t"])
    let open = try #require(outcome.detector("broken")?.firingAlerts.first)
    #expect(open.id == outcome.fired[0].id && open.count == 7 && open.summary.contains("after 7 failures"))
    #expect(outcome.detector("broken")?.openAlerts == 1)
  }

  @Test func keysOverTheLimitGoStalestFirstAndAreCounted() throws {
    var stream = DetectStream()
    for number in 0..<1000 { stream.add(Double(number) / 10, "\"k\":\(number),\"ok\":false") }
    let outcome = try stream.run([rule("threshold = { count = 3, within = \"1h\" }, max_keys = 64,")])
    let detector = try #require(outcome.detector("t"))
    #expect(detector.keyCount <= 64)
    #expect(detector.evictions >= 1000 - 64)
    // The newest keys are still there: two more events each are enough.
    var more = stream
    for number in 990..<1000 { for _ in 0..<2 { more.add(101, "\"k\":\(number),\"ok\":false") } }
    let fired = try more.run([rule("threshold = { count = 3, within = \"1h\" }, max_keys = 64,")]).fired
    #expect(fired.map { $0.key[0].value } == (990..<1000).map { .integer($0) })
  }
}
