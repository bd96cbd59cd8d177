import StellaModel
import StellaScripting
import Testing

@testable import StellaDetection

@Suite("Exceptions")
struct ExceptionTests {
  static func exception(
    _ rules: [String], _ condition: String? = nil, key: [FieldValue.Member] = [], expires: Double = 1e9
  ) -> RuleException {
    RuleException(
      rules: rules, condition: condition, key: key, author: "mara", reason: "our scanner",
      expires: DetectModelStream.start + Int64(expires * 1e9), file: "stella.yaml", line: 7)
  }

  private static let threshold = DetectModelStream.rule("many", "threshold = { count = 3, within = \"1m\" }")

  private func fired(
    _ rules: [String], _ exceptions: [RuleException], _ lines: [String]
  ) throws -> (alerts: [Alert], stream: DetectModelStream) {
    let stream = try DetectModelStream(rules, exceptions: exceptions)
    return (stream.run(lines).filter { $0.status == .firing }, stream)
  }

  @Test("What is excepted never feeds a window, and is counted")
  func window() throws {
    // The scanner's two events, and two of others: three of one key in all.
    let lines = (0..<4).map {
      DetectModelStream.line(Double($0), "\"k\":1,\"v\":1,\"by\":\"\($0 < 2 ? "scanner" : "app")\"")
    }
    #expect(try fired([Self.threshold], [], lines).alerts.count == 1)
    let (alerts, stream) = try fired([Self.threshold], [Self.exception(["many"], "by == \"scanner\"")], lines)
    #expect(alerts.isEmpty)
    #expect(stream.detector.matchedEvents == 2)
    #expect(stream.pipeline.rules.rules[0].exceptions?.counts.map(\.events) == [2])
    let decision = try #require(stream.detector.decisions.decisions.first { $0.kind == .excepted })
    #expect(decision.count == 2 && decision.reason.contains("mara") && decision.reason.contains("our scanner"))
    #expect(decision.lastTime - decision.time == 1_000_000_000)
  }

  @Test("Events from its expiry on are seen again, by event time")
  func expiry() throws {
    let lines = (0..<6).map { DetectModelStream.line(Double($0), "\"k\":1,\"v\":1") }
    let (alerts, stream) = try fired([Self.threshold], [Self.exception(["many"], "v == 1", expires: 3)], lines)
    #expect(alerts.count == 1 && alerts[0].firstSeen == DetectModelStream.start + 3_000_000_000)
    #expect(stream.pipeline.rules.rules[0].exceptions?.counts.map(\.events) == [3])
    let early = try fired([Self.threshold], [Self.exception(["many"], "v == 1", expires: 4)], lines)
    #expect(early.alerts.isEmpty)
  }

  @Test(
    "A key excepts its values as numbers and as text, and nobody else's",
    arguments: [FieldValue.integer(1), .string("1")])
  func key(value: FieldValue) throws {
    let lines = (0..<9).map { DetectModelStream.line(Double($0), "\"k\":\($0 % 3),\"v\":1") }
    let texts = (0..<9).map { DetectModelStream.line(Double($0), "\"k\":\"\($0 % 3)\",\"v\":1") }
    let exception = Self.exception(["many"], key: [.init("k", value)])
    let alerts = try fired([Self.threshold], [exception], value == .string("1") ? texts : lines).alerts
    #expect(alerts.map { Silence.text($0.key[0].value) } == ["0", "2"])
    if value == .integer(1) { #expect(try fired([Self.threshold], [exception], texts).alerts.count == 2) }
  }

  @Test("Only the rules that it names are concerned, and of several exceptions the first takes the event")
  func rules() throws {
    let other = DetectModelStream.rule("other", "threshold = { count = 3, within = \"1m\" }")
    let lines = (0..<3).map { DetectModelStream.line(Double($0), "\"k\":1,\"v\":1") }
    let (alerts, stream) = try fired(
      [Self.threshold, other], [Self.exception(["many"], "v == 1"), Self.exception(["many"], "k == 1")], lines)
    #expect(alerts.map(\.rule) == ["other"])
    #expect(stream.pipeline.rules.rules[0].exceptions?.counts.map(\.events) == [3, 0])
    #expect(stream.pipeline.rules.rules[1].exceptions == nil)
  }

  @Test("No part of a rule sees an excepted event: steps, windows that take events, cancel_on, resolve_when, scripts")
  func parts() throws {
    let sequence = DetectModelStream.rule(
      "steps",
      """
      sequence = { within = "1m", { name = "a", match = [[v == 1]], times = 2 }, { name = "b", match = [[v == 2]] } }
      """)
    let steps = [(0, 1, true), (1, 1, false), (2, 2, false)].map {
      DetectModelStream.line(Double($0.0), "\"k\":1,\"v\":\($0.1),\"own\":\($0.2)")
    }
    let own = { (rule: String) in [Self.exception([rule], "own")] }
    #expect(try fired([sequence], [], steps).alerts.count == 1)
    #expect(try fired([sequence], own("steps"), steps).alerts.isEmpty)

    let fed = DetectModelStream.rule(
      "fed",
      """
      state = { n = window.count { "1m", where = [[v == 1]] } }, every = "1s",
      check = function(s) if s.n:count() >= 2 then return alert {} end end
      """)
    #expect(try fired([fed], [], steps + [DetectModelStream.line(9, "\"k\":1,\"v\":3")]).alerts.count == 1)
    #expect(try fired([fed], own("fed"), steps + [DetectModelStream.line(9, "\"k\":1,\"v\":3")]).alerts.isEmpty)

    let ended = DetectModelStream.rule(
      "ended", "threshold = { count = 2, within = \"1m\" }, resolve_when = [[v == 9]], cancel_on = [[v == 8]]")
    for end in [9, 8] {
      let lines = [(0, 1, false), (1, end, true), (2, 1, false), (3, end, true), (4, 1, false)].map {
        DetectModelStream.line(Double($0.0), "\"k\":1,\"v\":\($0.1),\"own\":\($0.2)")
      }
      let stream = try DetectModelStream([ended], exceptions: own("ended"))
      let alerts = stream.feed(lines)
      // Without the excepted events this is one alert that goes on.
      #expect(alerts.map(\.status) == [.firing], "\(end)")
    }
  }

  @Test("The alerts and decisions are the same however the stream is cut or stopped", arguments: [UInt64(71), 72])
  func cuts(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let events = DetectEvents(&random, count: 400, keys: 30, disorder: 20)
    let lines = events.times.indices.map {
      let nest = "\"nest\":{\"deep\":\"d\(events.values[$0])\"}"
      return DetectModelStream.line(
        events.times[$0], "\"k\":\"k\(events.keys[$0])\",\"v\":\(events.values[$0]),\(nest)")
    }
    let rules = DetectCheckpointTests.rules
    let ids = try DetectModelStream(rules).pipeline.rules.rules.map(\.manifest.id)
    let exceptions = [
      Self.exception(ids, "v == 3 and contains(nest.deep, \"d\")", expires: 200),
      Self.exception(ids, key: [.init("k", .string("k5"))]),
    ]
    let whole = try DetectModelStream(rules, exceptions: exceptions)
    let expected = whole.run(lines).map(\.json)
    func decisions(_ stream: DetectModelStream) -> [[Decision]] {
      stream.pipeline.rules.rules.map(\.detector.decisions.decisions)
    }
    let decided = decisions(whole)
    #expect(decided.allSatisfy { $0.contains { $0.kind == .excepted } && $0.contains { $0.kind == .fired } })
    for most in [1, 30] {
      let stream = try DetectModelStream(rules, exceptions: exceptions)
      #expect(stream.run(lines, most: most, &random).map(\.json) == expected)
      #expect(decisions(stream) == decided, "pieces of at most \(most)")
    }
    var stream = try DetectModelStream(rules, exceptions: exceptions)
    var alerts: [String] = []
    var position = 0
    while position < lines.count {
      let count = min(lines.count - position, 1 + Int(random.next() % 90))
      alerts += stream.feed(Array(lines[position..<position + count])).map(\.json)
      position += count
      stream = try stream.reopened()
    }
    alerts += stream.end().map(\.json)
    #expect(alerts == expected)
    #expect(decisions(stream) == decided)
  }

  @Test(
    "What can't be meant is refused at its place",
    arguments: [
      ("true", [FieldValue.Member](), "takes every event away"), ("false", [], "never matches"),
      ("v = 1", [], "column 3"), (nil, [.init("kk", .integer(1))], "Did you mean k?"),
    ])
  func faults(condition: String?, key: [FieldValue.Member], message: String) throws {
    let set = RuleSet(
      sources: DetectModelStream.sources([Self.threshold]),
      exceptions: [Self.exception(["many"], condition, key: key)], fields: FieldRegister())
    let error = try #require(set.exceptionErrors.first)
    #expect(error.description.contains(message), "\(error)")
    #expect(error.file == "stella.yaml" && error.line == 7)
    #expect(set.rules.count == 1 && set.rules[0].exceptions == nil)
  }

  @Test("Rules that are loaded anew keep their state and their counts, and get the exceptions of now")
  func reload() throws {
    let lines = (0..<8).map { DetectModelStream.line(Double($0), "\"k\":1,\"v\":\($0 % 2)") }
    let stream = try DetectModelStream([Self.threshold], exceptions: [Self.exception(["many"], "v == 1")])
    stream.feed(Array(lines[..<4]))
    func replace(_ rules: [String], _ exceptions: [RuleException]) -> RuleSet {
      let set = RuleSet(
        sources: DetectModelStream.sources(rules), exceptions: exceptions, fields: stream.fields,
        previous: stream.pipeline.rules)
      _ = stream.pipeline.replace(set)
      return set
    }
    let kept = replace([Self.threshold], [Self.exception(["many"], "v == 1"), Self.exception(["many"], "v == 5")])
    #expect(kept.rules[0].detector.matchedEvents == 2)
    #expect(kept.rules[0].exceptions?.counts.map(\.events) == [2, 0])
    let changed = replace([Self.threshold.replacing("\"T\"", with: "\"U\"")], [Self.exception(["many"], "v == 1")])
    #expect(changed.rules[0].exceptions?.counts.map(\.events) == [2])
    #expect(changed.rules[0].detector.decisions.decisions.first?.count == 2)
    let without = replace([Self.threshold.replacing("\"T\"", with: "\"U\"")], [])
    #expect(without.rules[0].exceptions == nil)
    #expect(stream.feed(Array(lines[4...])).map(\.status) == [.firing])
  }
}
