import StellaModel
import Testing

@testable import StellaDetection

/// Sequences and absences that are stopped at any event and gone on with from their saved state.
@Suite("Sequences and absences across restarts")
struct SequenceCheckpointTests {
  private static func rules(_ random: inout DetectRandom) -> [String] {
    let keys = [
      "suppress_for = \"0s\"", "hold = \"4s\", cancel_on = [[c]]", "max_keys = 3, suppress_for = \"2s\"",
      """
      suppress_for = "0s", on_match = function(m)
        local text = "{k}"
        for _, e in ipairs(m.s0.events) do text = text .. " " .. e.n end
        if m.count > 1 then return alert { value = m.s0.seen, summary = text } end
      end
      """,
    ]
    let sequences = keys.enumerated().map { SequencePropertyTests.Made(&random).rule($1, id: "s\($0)") }
    func absence(_ id: String, _ keys: String) -> String {
      """
      return rule { api = 1, id = "\(id)", title = "A", severity = "low", where = [[s0]], by = { "k" }, \(keys) }
      """
    }
    return sequences + [
      absence("a0", "absence = { every = \"6s\", grace = \"1s\", roster = { 1, 77 }, forget_after = \"30s\" }"),
      absence("a1", "absence = { every = \"7s\", learn = \"9s\" }, max_keys = 4, cancel_on = [[c]]"),
      absence(
        "a2",
        "absence = { every = \"5s\", roster = { 2, 78 } }, cancel_on = [[c]], "
          + "on_absent = function(gap) if gap.key.k ~= 1 then return alert { value = gap.silent_s } end end"),
    ]
  }

  private static func lines(_ random: inout DetectRandom, count: Int) -> [String] {
    SequencePropertyTests.events(&random, count: count, keys: 6, steps: 4, late: 7).enumerated().map { number, event in
      let fields = (0..<4).filter { event.mask & (1 << $0) != 0 }.map { ",\"s\($0)\":true" }.joined()
      return DetectModelStream.line(
        event.time, "\"k\":\(event.key),\"n\":\(number),\"c\":\(number % 13 == 0)\(fields)")
    }
  }

  @Test("a stream that is stopped at any event goes on as if it had not been", arguments: 0..<8 as Range<UInt64>)
  func restarts(seed: UInt64) throws {
    var random = DetectRandom(seed: seed &+ 3000)
    let rules = SequenceCheckpointTests.rules(&random)
    let lines = SequenceCheckpointTests.lines(&random, count: 250)
    let whole = try DetectModelStream(rules)
    let expected = whole.run(lines).map(\.json)
    #expect(whole.pipeline.rules.failingRules.isEmpty && !expected.isEmpty, "seed \(seed)")
    var stream = try DetectModelStream(rules)
    var alerts: [String] = []
    for line in lines {
      alerts += stream.feed([line]).map(\.json)
      stream = try stream.reopened()
    }
    alerts += stream.end().map(\.json)
    let different = zip(alerts, expected).first { $0 != $1 }
    #expect(different == nil && alerts.count == expected.count, "seed \(seed)")
    for (old, new) in zip(whole.pipeline.rules.rules, stream.pipeline.rules.rules) {
      #expect(old.detector.keyCount == new.detector.keyCount)
    }
  }

  @Test("cut or changed state is refused or worked with, and never ends the process", arguments: 0..<4 as Range<UInt64>)
  func broken(seed: UInt64) throws {
    var random = DetectRandom(seed: seed &+ 4000)
    let rules = SequenceCheckpointTests.rules(&random)
    let lines = SequenceCheckpointTests.lines(&random, count: 120)
    let stream = try DetectModelStream(rules)
    stream.feed(lines)
    let saved = stream.pipeline.rules.save { _ in true }
    for _ in 0..<40 {
      var parts = saved
      let names = saved.keys.filter { $0.hasPrefix("rule") }.sorted()
      let name = names[Int.random(in: 0..<names.count, using: &random)]
      var bytes = Array(try #require(saved[name]).bytes)
      // Most of it is the log of events; what comes before is worth more changes.
      let reach = Int.random(in: 0..<2, using: &random) == 0 ? bytes.count : min(bytes.count, 3000)
      if Int.random(in: 0..<4, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      } else {
        for _ in 0..<8 {
          bytes[Int.random(in: 0..<reach, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
      }
      parts[name] = StateBytes(bytes)
      let next = try DetectModelStream(rules)
      _ = next.pipeline.rules.restore(parts)
      next.feed(lines)
      _ = next.end()
    }
  }

  @Test("a roster that was changed between two runs is the one in force")
  func changedRoster() throws {
    func rule(_ roster: String) -> String {
      """
      return rule { api = 1, id = "a", title = "A", severity = "low", where = [[d]], by = { "k" },
        absence = { every = "10s", roster = \(roster) } }
      """
    }
    let stream = try DetectModelStream(rule("{ \"a\", \"b\" }"), lateness: 0)
    stream.feed([
      DetectModelStream.line(0, "\"d\":true,\"k\":\"a\""), DetectModelStream.line(11, "\"d\":true,\"k\":\"a\""),
    ])
    let saved = stream.pipeline.rules.save { _ in true }
    let next = try DetectModelStream(rule("{ \"a\", \"c\" }"), lateness: 0)
    #expect(next.pipeline.rules.restore(saved) == [])
    let alerts = next.feed([DetectModelStream.line(12), DetectModelStream.line(40)])
    #expect(alerts.map { "\($0.keyText) \($0.status.rawValue)" } == ["b resolved", "c firing", "a firing"])
    let same = try DetectModelStream(rule("{ \"a\", \"b\" }"), lateness: 0)
    #expect(same.pipeline.rules.restore(saved) == [])
    #expect(same.feed([DetectModelStream.line(12), DetectModelStream.line(40)]).map(\.keyText) == ["a"])
  }

  @Test("a sequence with other steps starts anew and is named")
  func changedSteps() throws {
    func rule(_ times: Int, _ match: String = "a") -> String {
      """
      return rule { api = 1, id = "s", title = "S", severity = "low", by = { "k" },
        sequence = { within = "1m", { name = "x", match = [[\(match)]], times = \(times) }, { name = "y", match = [[b]] } } }
      """
    }
    let stream = try DetectModelStream(rule(2))
    stream.feed((0..<2).map { DetectModelStream.line(Double($0), "\"k\":1,\"a\":true") })
    let saved = stream.pipeline.rules.save { _ in true }
    for (changed, isKept) in [(rule(2), true), (rule(2, "a and k ~= 7"), true), (rule(3), false)] {
      let next = try DetectModelStream(changed)
      #expect(next.pipeline.rules.restore(saved).map(\.rule) == (isKept ? [] : ["s"]))
      #expect(next.feed([DetectModelStream.line(3, "\"k\":1,\"b\":true")]).count == (isKept ? 1 : 0))
    }
  }
}
