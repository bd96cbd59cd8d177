import StellaModel
import Testing

@testable import StellaDetection

@Suite("Absences")
struct AbsenceTests {
  private static func rule(_ absence: String, _ keys: String = "") -> String {
    """
    return rule { api = 1, id = "a", title = "A", severity = "low", where = [[e == "done"]], by = { "k" }, \(keys)
      absence = { \(absence) } }
    """
  }

  private func stream(_ events: [(Double, String)]) -> DetectStream {
    var stream = DetectStream()
    for (second, key) in events {
      stream.add(second, key.isEmpty ? "\"e\":\"x\"" : "\"e\":\"done\",\"k\":\"\(key)\"")
    }
    return stream
  }

  /// `+key second` when an alert fires, `-key second` when it is resolved.
  private func transitions(
    _ absence: String, _ events: [(Double, String)], keys: String = "", advance: Double = 0
  ) throws -> [String] {
    try stream(events).run([AbsenceTests.rule(absence, keys)], advance: advance).transitions.map(AbsenceTests.text)
  }

  private static func text(_ alert: Alert) -> String {
    let mark = alert.status == .firing ? "+" : "-"
    return mark + (alert.key.first.map { SummaryTemplate.text($0.value) } ?? "") + " "
      + SummaryTemplate.text(.double(Double(alert.lastSeen - DetectStream.start) / 1e9), format: ".0f")
  }

  @Test("a key that came once is missed after every and grace, and is back with its next event")
  func comesBack() throws {
    let absence = "every = \"10s\", grace = \"5s\""
    #expect(try transitions(absence, [(0, "a"), (10, "a"), (25, "a"), (30, "")]) == [])
    #expect(try transitions(absence, [(0, "a"), (10, "a"), (26, ""), (30, "a"), (31, "")]) == ["+a 25", "-a 30"])
    #expect(try transitions(absence, [(0, "a"), (100, "a"), (130, "")]) == ["+a 15", "-a 100", "+a 115"])
  }

  @Test("keys of the roster are due from the beginning, even if they never come")
  func roster() throws {
    let list = "every = \"10s\", roster = { \"a\", \"b\" }"
    #expect(try transitions(list, [(0, ""), (5, "a"), (12, "")]) == ["+b 10"])
    #expect(try transitions("every = \"10s\", roster = \"a, b ,\"", [(0, ""), (5, "a"), (12, "")]) == ["+b 10"])
    #expect(try transitions("every = \"10s\", roster = \"\"", [(0, ""), (12, "")]) == [])
    #expect(try transitions(list, [(0, ""), (12, ""), (20, "b"), (31, "")]) == ["+a 10", "+b 10", "-b 20", "+b 30"])
  }

  @Test("a roster of several fields names them")
  func wideRoster() throws {
    let rule = """
      return rule { api = 1, id = "a", title = "A", severity = "low", where = [[e == "done"]], by = { "host", "n" },
        absence = { every = "10s", roster = { { n = 1, host = "x" }, { host = "x", n = 2 } } } }
      """
    var stream = DetectStream()
    stream.add(0, "\"e\":\"z\"")
    stream.add(5, "\"e\":\"done\",\"host\":\"x\",\"n\":2.0")
    stream.add(11, "\"e\":\"z\"")
    let alerts = try stream.run([rule], advance: 0).fired
    #expect(alerts.map(\.key) == [[.init("host", .string("x")), .init("n", .integer(1))]])
  }

  @Test("without by the one key is expected from the beginning")
  func everything() throws {
    let rule = """
      return rule { api = 1, id = "a", title = "A", severity = "low", where = [[e == "done"]], absence = { every = "10s" } }
      """
    let outcome = try stream([(0, ""), (12, ""), (15, "k"), (40, "")]).run([rule], advance: 0)
    #expect(outcome.transitions.map(AbsenceTests.text) == ["+ 10", "- 15", "+ 25"])
  }

  @Test("a key that is in no roster is forgotten in the end, one of the roster never")
  func forgets() throws {
    let outcome = try stream([(0, "a"), (200, ""), (300, "a"), (305, "")]).run(
      [AbsenceTests.rule("every = \"10s\", forget_after = \"1m\", roster = { \"r\" }")], advance: 0)
    #expect(outcome.transitions.map(AbsenceTests.text) == ["+r 10", "+a 10", "-a 10"])
    let detector = try #require(outcome.detector("a") as? AbsenceDetector)
    #expect(detector.forgottenKeys == 1 && detector.keyCount == 2)
  }

  @Test("a key is learned once it has come long enough without a gap")
  func learns() throws {
    let absence = "every = \"10s\", learn = \"30s\""
    let regular = stride(from: 0.0, through: 30, by: 10).map { ($0, "a") }
    #expect(try transitions(absence, regular + [(60, "")]) == ["+a 40"])
    #expect(try transitions(absence, Array(regular.dropLast()) + [(60, "")]) == [])
    // A gap begins the learning anew.
    #expect(try transitions(absence, [(0, "a"), (10, "a"), (25, "a"), (35, "a"), (45, "a"), (90, "")]) == [])
  }

  @Test("cancel_on: the key is not expected any more")
  func cancelled() throws {
    let keys = "cancel_on = [[e == \"off\"]],"
    var stream = stream([(0, "a"), (1, "b")])
    stream.add(5, "\"e\":\"off\",\"k\":\"a\"")
    stream.add(15, "\"e\":\"x\"")
    stream.add(16, "\"e\":\"off\",\"k\":\"b\"")
    stream.add(90, "\"e\":\"x\"")
    let outcome = try stream.run([AbsenceTests.rule("every = \"10s\"", keys)], advance: 0)
    #expect(outcome.transitions.map(AbsenceTests.text) == ["+b 11", "-b 11"])
    #expect(outcome.detector("a")?.keyCount == 0)
  }

  @Test("the alert says how long the key was silent and when it came last")
  func says() throws {
    let plain = try stream([(0, "a"), (90, "")]).run(
      [AbsenceTests.rule("every = \"1m\", grace = \"10s\", roster = { \"b\" }")], advance: 0)
    #expect(
      plain.fired.map(\.summary) == [
        "A (k b): nothing for 1m10s, last seen never",
        "A (k a): nothing for 1m10s, last seen 2026-01-01T00:00:00.000000000Z",
      ])
    #expect(plain.fired.map(\.count) == [0, 0] && plain.fired.map(\.value) == [.integer(70), .integer(70)])
    let keys = """
      on_absent = function(gap)
        if gap.key.k == "c" then return end
        return alert { value = gap.overdue_s, severity = "high", summary = gap.key.k .. " {value:dur} "
          .. (gap.last_seen and (gap.due - gap.last_seen) // 1000000000 or "never") .. " " .. tostring(gap.declared)
          .. " " .. gap.silent_s }
      end,
      """
    let shaped = try stream([(0, "a"), (0, "c"), (90, "")]).run(
      [AbsenceTests.rule("every = \"1m\", grace = \"10s\", roster = { \"b\" }", keys)], advance: 0)
    #expect(shaped.fired.map(\.summary) == ["b 10s never true 70", "a 10s 60 false 70"])
    #expect(shaped.rules.failingRules.isEmpty && shaped.fired.allSatisfy { $0.severity == .high })
  }

  /// One after another: what is expected of keys that come now and then.
  private struct Model {
    var every: Double
    var learn: Double
    var last: [Int: (time: Double, since: Double)] = [:]
    var missed: Set<Int> = []
    var said: [String] = []

    mutating func advance(to time: Double) {
      for key in last.keys.sorted() where !missed.contains(key) {
        guard let known = last[key], known.time + every < time else { continue }
        if known.time - known.since >= learn {
          missed.insert(key)
          said.append("+\(key) \(Int(known.time + every))")
        } else {
          last[key] = nil
        }
      }
    }

    mutating func add(_ key: Int, at time: Double) {
      advance(to: time)
      let since = last[key].map { time - $0.time > every ? time : $0.since } ?? time
      last[key] = (time, since)
      if missed.remove(key) != nil { said.append("-\(key) \(Int(time))") }
    }
  }

  @Test("absences are those of a model, however the stream is cut", arguments: 0..<30 as Range<UInt64>)
  func model(seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let learn = [0, 10, 20][Int(seed % 3)]
    var model = Model(every: 12, learn: Double(learn))
    var stream = DetectStream()
    var now = 0.0
    for _ in 0..<400 {
      now += Double(Int.random(in: 0...4, using: &random)) * (Int.random(in: 0..<40, using: &random) == 0 ? 10 : 1)
      let key = Int.random(in: 0..<5, using: &random)
      model.add(key, at: now)
      stream.add(now, "\"e\":\"done\",\"k\":\(key)")
    }
    model.advance(to: now + 500)
    let rule = AbsenceTests.rule("every = \"10s\", grace = \"2s\", learn = \"\(learn)s\"")
    let whole = try stream.run([rule], advance: 500)
    #expect(whole.transitions.map(AbsenceTests.text).sorted() == model.said.sorted(), "seed \(seed)")
    #expect(model.said.count > 4, "seed \(seed)")
    var cuts = DetectRandom(seed: seed)
    let cut = try stream.run([rule], advance: 500, cut: { Int.random(in: 1...30, using: &cuts) })
    #expect(cut.json == whole.json, "seed \(seed)")
  }

  @Test("over max_keys the keys silent longest go and are counted, those of the roster stay")
  func bounded() throws {
    var stream = DetectStream()
    for number in 0..<5000 { stream.add(Double(number) / 100, "\"e\":\"done\",\"k\":\(number)") }
    let rule = AbsenceTests.rule("every = \"1h\", roster = { \"r\" }", "max_keys = 100,")
    let outcome = try stream.run([rule], advance: 4000)
    let detector = try #require(outcome.detector("a"))
    #expect(detector.keyCount <= 100 && detector.evictions >= 4800)
    #expect(outcome.fired.contains { $0.keyText == "r" } && outcome.fired.count <= 100)
  }
}
