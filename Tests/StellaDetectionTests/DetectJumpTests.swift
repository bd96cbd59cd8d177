import StellaModel
import Testing

@testable import StellaDetection

/// What happens to rules with a check when the time of the stream jumps.
@Suite("Jumps of event time")
struct DetectJumpTests {
  private static let day = 86_400.0
  private static let years = 5 * 365 * day
  /// Counts its own checks and tells how many there were when an event asks.
  private static let counting = """
    state = { n = 0 }, suppress_for = "0s",
    on = function(e, s) if e.ask then return alert { value = s.n } end end,
    check = function(s) s.n = s.n + 1 end
    """

  private func checks(_ stream: DetectModelStream, at seconds: Double, key: Int = 0) -> FieldValue? {
    stream.feed([DetectModelStream.line(seconds, "\"k\":\(key),\"v\":1,\"ask\":true")]).first {
      $0.status == .firing && $0.rule == "r"
    }?.value
  }

  @Test("A jump of five years costs each of 1,000 keys 200 checks, and no more")
  func boundedChecks() throws {
    let stream = try DetectModelStream(DetectModelStream.rule("r", Self.counting + ", every = \"10m\""))
    stream.feed((0..<1000).map { DetectModelStream.line(0, "\"k\":\($0)") })
    stream.feed([DetectModelStream.line(Self.years, "\"k\":-1")])
    for key in stride(from: 0, to: 1000, by: 37) {
      #expect(checks(stream, at: Self.years + 1, key: key) == .integer(200))
    }
    // Each goes on with its next event, at the interval that it always had.
    stream.feed([DetectModelStream.line(Self.years + 3606, "\"k\":-1")])
    #expect(checks(stream, at: Self.years + 3607) == .integer(206))
    #expect(checks(stream, at: Self.years + 3607, key: 1) == .integer(200))
  }

  @Test("A rule without keys sleeps as well, a day after its last event where that is longer than 200 intervals")
  func withoutKeys() throws {
    let rule = DetectModelStream.rule("r", Self.counting + ", every = \"30s\"").replacing("by = { \"k\" }, ", with: "")
    let stream = try DetectModelStream(rule)
    stream.feed([DetectModelStream.line(0), DetectModelStream.line(Self.years)])
    #expect(checks(stream, at: Self.years + 1) == .integer(2880))
  }

  @Test("Events that come years late bring no check back that was made")
  func lateEvents() throws {
    let rule = DetectModelStream.rule("r", Self.counting + ", every = \"5m\"")
    let stream = try DetectModelStream(rule.replacing("where = \"true\"", with: "where = \"v == 1\""))
    stream.feed([DetectModelStream.line(0, "\"k\":0,\"v\":1"), DetectModelStream.line(Self.years, "\"k\":0,\"v\":0")])
    // Each moves the end of the key's checks on by a second; 288 lie within a day of its first event.
    stream.feed((1..<3000).map { DetectModelStream.line(Double($0), "\"k\":0,\"v\":1") })
    #expect(checks(stream, at: 3000) == .integer(293))
  }

  @Test("Within the bound a check comes at every interval, and the moments are those that they always were")
  func withinTheBound() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0, sum = 0 }, suppress_for = "0s", every = "1h",
      on = function(e, s) if e.ask then return alert { value = s.n, expected = s.sum } end end,
      check = function(s, t) s.n = s.n + 1 s.sum = s.sum + t // 3600000000000 end
      """)
    let stream = try DetectModelStream(rule)
    stream.feed([DetectModelStream.line(0, "\"k\":0")])
    let end = DetectModelStream.start + Int64(8 * Self.day) * 1_000_000_000
    let hours = (DetectModelStream.start / 3_600_000_000_000 + 1)...(end / 3_600_000_000_000)
    let told = stream.feed([DetectModelStream.line(8 * Self.day + 6, "\"k\":0,\"ask\":true")])
    #expect(told.first?.value == .integer(192))
    #expect(told.first?.expected == .integer(hours.reduce(0, +)))
  }

  @Test("An alert that waits for its hold fires at the check that it would have fired at, and then fires on")
  func hold() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0 }, hold = "30h", suppress_for = "0s", every = "30s", resolve_when = [[v == 7]],
      check = function(s, t) s.n = s.n + 1 return alert { value = s.n } end
      """)
    let stream = try DetectModelStream(rule)
    let fired = stream.run([
      DetectModelStream.line(0, "\"k\":0,\"v\":1"), DetectModelStream.line(Self.years, "\"k\":1,\"v\":1"),
    ])
    #expect(fired.map(\.status) == [.firing])
    // The first check finds it at 20 s, so it has lasted for 30 hours at the 3,601st.
    #expect(fired.first?.value == .integer(3601))
    #expect(fired.first.map { Int($0.lastSeconds.rounded()) } == 20 + 30 * 3600)
    let resolved = stream.feed([DetectModelStream.line(Self.years + 1, "\"k\":0,\"v\":7")])
    #expect(resolved.map(\.status) == [.resolved])
    #expect(resolved.first.map { Int($0.lastSeconds.rounded()) } == 20 + 30 * 3600)
  }

  @Test("An alert that checks find no more resolves at the check at which its keep_firing is over")
  func keepFiring() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0 }, keep_firing = "30h", suppress_for = "0s", every = "30s",
      on = function(e, s) if e.ask then return alert { value = s.n } end end,
      check = function(s, t)
        s.n = s.n + 1
        s.first = s.first or t
        if t - s.first < 86000 * 1000000000 then return alert { value = -1 } end
      end
      """)
    let stream = try DetectModelStream(rule)
    let alerts = stream.feed([
      DetectModelStream.line(0, "\"k\":0"), DetectModelStream.line(Self.years, "\"k\":1"),
    ])
    #expect(alerts.map(\.status) == [.firing, .resolved])
    #expect(alerts.last.map { Int($0.lastSeconds.rounded()) } == 86_000)
    // Found last at 86,000 s and resolved at 194,000 s: the 6,467th check was the key's last.
    #expect(checks(stream, at: Self.years + 1) == .integer(6467))
  }

  @Test("While a window holds something its key is checked, so that its alert ends with the window")
  func windows() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0, seen = window.count("3d") }, suppress_for = "0s", every = "30s",
      on = function(e, s) s.seen:add(e) if e.ask then return alert { value = s.n } end end,
      check = function(s, t) s.n = s.n + 1 if s.seen:count() > 0 then return alert { value = -1 } end end
      """)
    let stream = try DetectModelStream(rule)
    let alerts = stream.feed([
      DetectModelStream.line(0, "\"k\":0"), DetectModelStream.line(Self.years, "\"k\":1"),
    ])
    #expect(alerts.map(\.status) == [.firing, .resolved])
    let lasted = try #require(alerts.last).lastSeconds
    #expect((2.8 * Self.day...3 * Self.day).contains(lasted))
    guard case .integer(let count)? = checks(stream, at: Self.years + 1) else { throw StateError(message: "no answer") }
    // The window keeps a bucket more than it counts.
    #expect((Int64(lasted / 30) + 1...Int64(3.2 * Self.day / 30)).contains(count))
  }

  @Test("An alert that is there because nothing comes fires on over a jump and ends with the next event")
  func silence() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0, seen = window.count("10m") }, suppress_for = "0s", every = "1m", on = function(e, s) s.seen:add(e) end,
      check = function(s, t) if s.seen:count() == 0 then return alert { value = t } end end
      """)
    let stream = try DetectModelStream(rule)
    let fired = stream.feed([DetectModelStream.line(0, "\"k\":0"), DetectModelStream.line(Self.years, "\"k\":1")])
    #expect(fired.map(\.status) == [.firing])
    #expect(fired.first.map { $0.lastSeconds < 720 } ?? false)
    let ended = stream.feed([
      DetectModelStream.line(Self.years + 10, "\"k\":0"), DetectModelStream.line(Self.years + 70, "\"k\":1"),
    ])
    #expect(ended.map(\.status) == [.resolved] && ended.first?.keyText == "0")
  }

  @Test("What is cancelled while its alert fires is checked again, so that the alert can end")
  func cancelled() throws {
    let rule = DetectModelStream.rule(
      "r",
      """
      state = { n = 0 }, suppress_for = "0s", every = "30s", cancel_on = [[v == 7]],
      on = function(e, s) s.n = s.n + 1 end, check = function(s) if s.n > 0 then return alert { value = s.n } end end
      """
    ).replacing("where = \"true\"", with: "where = \"v == 1\"")
    let stream = try DetectModelStream(rule)
    let fired = stream.feed([
      DetectModelStream.line(0, "\"k\":0,\"v\":1"), DetectModelStream.line(Self.years, "\"k\":1,\"v\":0"),
    ])
    #expect(fired.map(\.status) == [.firing])
    let ended = stream.feed([
      DetectModelStream.line(Self.years + 10, "\"k\":0,\"v\":7"),
      DetectModelStream.line(Self.years + 70, "\"k\":1,\"v\":0"),
    ])
    #expect(ended.map(\.status) == [.resolved])
  }

  // MARK: - The same bytes

  private static let rules = [
    DetectModelStream.rule(
      "plain",
      """
      on = function(e, s) s.n = (s.n or 0) + e.v end, every = "10m", suppress_for = "0s",
      check = function(s, t)
        s.checks = (s.checks or 0) + 1
        if (s.n + s.checks) % 9 < 4 then return alert { value = s.checks, at = t } end
      end
      """),
    DetectModelStream.rule(
      "waits",
      """
      state = { n = window.count("1h") }, on = function(e, s) s.n:add(e) s.last = e.v end, every = "20m", hold = "3d",
      keep_firing = "9d", suppress_for = "0s", check = function(s, t)
        if s.n:count() > 0 or s.last > 5 then return alert { value = s.last, at = t } end
      end, resolve_when = function(s, t) return s.last ~= 3 end
      """),
    DetectModelStream.rule(
      "cancelled",
      """
      state = { n = 0 }, on = function(e, s) s.n = s.n + 1 end, every = "15m", cancel_on = [[v == 11]], max_keys = 6,
      suppress_for = "0s", check = function(s, t) if s.n > 1 then return alert { value = s.n, at = t } end end
      """),
    DetectModelStream.rule(
      "fails",
      """
      on = function(e, s) s.v = e.v end, every = "10m", suppress_for = "0s",
      check = function(s, t) if s.v > 10 then error("v") end return alert { value = s.v, at = t } end
      """),
    DetectModelStream.rule("absent", "absence = { every = \"1h\", grace = \"1m\", forget_after = \"40d\" }"),
  ]

  /// Events some seconds apart, with jumps of up to 100 days forth and a tenth of them late by up to a jump.
  private static func lines(_ random: inout SeededGenerator) -> [String] {
    var now = 0.0
    return (0..<240).map { _ in
      let roll = random.next() % 100
      if roll < 4 { now += Double(random.next() % 100) * day }
      if roll < 30 { now += Double(random.next() % 90_000) }
      now += Double(random.next() % 60)
      let late = random.chance(10) ? Double(random.next() % UInt64(20 * day)) : 0
      return DetectModelStream.line(now - late, "\"k\":\(random.next() % 8),\"v\":\(random.next() % 12)")
    }
  }

  @Test(
    "The alerts are the same bytes however a stream with jumps is cut and wherever it is stopped",
    arguments: [
      UInt64(71), 72,
    ])
  func sameBytes(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let lines = Self.lines(&random)
    let whole = try DetectModelStream(Self.rules)
    let expected = whole.run(lines).map(\.json)
    for rule in whole.pipeline.rules.rules { #expect(rule.detector.firedAlerts > 0, "\(rule.manifest.id) is silent") }
    for (most, isStopped) in [(1, false), (40, false), (9, true), (90, true)] {
      var stream = try DetectModelStream(Self.rules)
      var alerts: [String] = []
      var position = 0
      while position < lines.count {
        let count = min(lines.count - position, 1 + Int(random.next() % UInt64(most)))
        alerts += stream.feed(Array(lines[position..<position + count])).map(\.json)
        position += count
        if isStopped { stream = try stream.reopened() }
      }
      alerts += stream.end().map(\.json)
      #expect(alerts.count == expected.count, "at most \(most)")
      let different = zip(alerts, expected).first { $0 != $1 }
      #expect(different == nil, "at most \(most)")
    }
  }
}
