import StellaModel
import Testing

@testable import StellaDetection

/// Sequences against a model that looks at all runs.
@Suite("Sequences against a model")
struct SequencePropertyTests {
  /// Steps at random, as the rule's text and for the model.
  struct Made {
    var steps: [SequenceModel.Step] = []
    var within = 0.0
    var isOrdered = true
    var text = ""

    init(_ random: inout DetectRandom, absent: Bool = true) {
      isOrdered = Int.random(in: 0..<3, using: &random) > 0
      within = Double(Int.random(in: 3...14, using: &random))
      for position in 0..<Int.random(in: 1...4, using: &random) {
        var step = SequenceModel.Step()
        let mayBeAbsent = absent && (position > 0 && (!isOrdered || !steps[position - 1].isAbsent))
        step.isAbsent = mayBeAbsent && Int.random(in: 0..<3, using: &random) == 0
        if !step.isAbsent {
          step.times = Int.random(in: 0..<2, using: &random) == 0 ? 1 : Int.random(in: 2...4, using: &random)
          if Int.random(in: 0..<4, using: &random) == 0 { step.within = Double(Int.random(in: 1...8, using: &random)) }
        }
        steps.append(step)
      }
      if isOrdered, steps[steps.count - 1].isAbsent, Int.random(in: 0..<2, using: &random) == 0 {
        steps[steps.count - 1].within = Double(Int.random(in: 1...8, using: &random))
      }
      let parts = steps.enumerated().map { position, step in
        "{ name = \"s\(position)\", match = [[s\(position)]]"
          + (step.isAbsent ? ", absent = true" : ", times = \(step.times), cap_events = 20")
          + (step.within.map { ", within = \"\(Int($0))s\"" } ?? "") + " }"
      }
      text = "within = \"\(Int(within))s\", ordered = \(isOrdered), " + parts.joined(separator: ", ")
    }

    func rule(_ keys: String = "suppress_for = \"0s\"", id: String = "s") -> String {
      """
      return rule { api = 1, id = "\(id)", title = "S", severity = "low", where = [[n ~= nil]], by = { "k" }, \(keys),
        sequence = { \(text) } }
      """
    }
  }

  struct Step {
    var time: Double
    var key: Int
    var mask: Int
  }

  /// - Parameter late: the most seconds that an event comes late.
  static func events(
    _ random: inout DetectRandom, count: Int, keys: Int, steps: Int, late: Int = 0
  ) -> [Step] {
    var now = 0.0
    return (0..<count).map { _ in
      // Often at the very edge of a time in whole seconds.
      now += Double(Int.random(in: 0...2, using: &random))
      let mask = Int.random(in: 0..<4, using: &random) == 0 ? 0 : Int.random(in: 1..<(1 << steps), using: &random)
      let sparse = mask & Int.random(in: 0..<(1 << steps), using: &random)
      let delay = late > 0 && Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...late, using: &random) : 0
      return Step(time: max(0, now - Double(delay)), key: Int.random(in: 0..<keys, using: &random), mask: sparse)
    }
  }

  static func stream(_ events: [Step], steps: Int) -> DetectStream {
    var stream = DetectStream()
    for (number, event) in events.enumerated() {
      let fields = (0..<steps).filter { event.mask & (1 << $0) != 0 }.map { ",\"s\($0)\":true" }.joined()
      stream.add(event.time, "\"k\":\(event.key),\"n\":\(number)\(fields)")
    }
    return stream
  }

  private static func seconds(_ time: Int64) -> Double { Double(time - DetectStream.start) / 1e9 }

  @Test("a sequence matches exactly when there is a run of its steps")
  func model() throws {
    var matches: [String: Int] = [:]
    for seed in 0..<400 as Range<UInt64> {
      var random = DetectRandom(seed: seed)
      let made = Made(&random)
      let events = SequencePropertyTests.events(
        &random, count: 100, keys: Int.random(in: 1...2, using: &random), steps: made.steps.count)
      var wanted: [String] = []
      var models = (0..<3).map { _ in
        SequenceModel(steps: made.steps, within: made.within, isOrdered: made.isOrdered)
      }
      func want(_ key: Int, _ match: SequenceModel.Match) { wanted.append("\(key) \(match.start) \(match.time)") }
      for event in events {
        for match in models[event.key].add(event.time, mask: event.mask) { want(event.key, match) }
      }
      for key in models.indices { if let match = models[key].advance(to: .infinity) { want(key, match) } }
      let outcome = try SequencePropertyTests.stream(events, steps: made.steps.count).run([made.rule()], advance: 100)
      let found = outcome.fired.map { alert in
        let key = SummaryTemplate.text(alert.key[0].value)
        return
          "\(key) \(SequencePropertyTests.seconds(alert.firstSeen)) \(SequencePropertyTests.seconds(alert.lastSeen))"
      }
      #expect(found.sorted() == wanted.sorted(), "seed \(seed): \(made.text)")
      let isBetween = made.steps.dropLast().contains { $0.isAbsent }
      let isLast = made.steps[made.steps.count - 1].isAbsent
      if made.isOrdered { matches["in order, absent between \(isBetween), last \(isLast)", default: 0] += wanted.count }
      if !made.isOrdered { matches["any order, absent \(isBetween || isLast)", default: 0] += wanted.count }
    }
    #expect(matches.count == 6 && matches.values.allSatisfy { $0 > 5 }, "\(matches)")
  }

  @Test("events out of order make no false match and lose none with room to spare", arguments: 0..<60 as Range<UInt64>)
  func disorder(seed: UInt64) throws {
    var random = DetectRandom(seed: seed &+ 1000)
    var made = Made(&random, absent: false)
    while !made.isOrdered { made = Made(&random, absent: false) }
    let late = 2
    let events = SequencePropertyTests.events(&random, count: 200, keys: 1, steps: made.steps.count, late: late)
    let outcome = try SequencePropertyTests.stream(events, steps: made.steps.count).run(
      [made.rule()], lateness: 5 * DetectStream.second, advance: 100)
    // The alerts show the events of their run, by number.
    var fired: Set<Int> = []
    for alert in outcome.fired {
      let numbers = alert.evidence.compactMap { event -> Int? in
        if case .integer(let number)? = FieldPath.value(of: "n", in: event) { Int(number) } else { nil }
      }
      let isRun = SequencePropertyTests.isRun(numbers.map { events[$0] }, of: made)
      #expect(isRun && numbers == numbers.sorted(), "seed \(seed): \(made.text) \(numbers)")
      fired.insert(numbers.last ?? -1)
    }
    #expect(fired.count == outcome.fired.count, "seed \(seed)")
    // What lies closer together than it must by as much as events can be late is found.
    let strict = made.steps.map { step in
      var step = step
      step.within = step.within.map { $0 - 2 * Double(late) }
      return step
    }
    var model = SequenceModel(steps: strict, within: made.within - 2 * Double(late), isOrdered: true)
    for (number, event) in events.enumerated() {
      if model.add(event.time, mask: event.mask) != [] {
        #expect(fired.contains(number), "seed \(seed): \(made.text) at \(number)")
      }
      if fired.contains(number) {
        model = SequenceModel(steps: strict, within: made.within - 2 * Double(late), isOrdered: true)
      }
    }
  }

  /// Whether `events` are, one after another, a run of the steps.
  private static func isRun(_ events: [Step], of made: Made) -> Bool {
    var position = 0
    var high = -Double.infinity
    for (number, step) in made.steps.enumerated() {
      let own = events.dropFirst(position).prefix(step.times)
      guard own.count == step.times, own.allSatisfy({ $0.mask & (1 << number) != 0 }) else { return false }
      position += step.times
      let times = own.map(\.time)
      let from = number == 0 ? times.min() ?? 0 : high
      if let within = step.within, (times.max() ?? 0) - from > within { return false }
      high = max(high, times.max() ?? 0)
    }
    return position == events.count && high - (events.map(\.time).min() ?? 0) <= made.within
  }

  @Test("alerts are the same bytes however the stream is cut", arguments: 0..<6 as Range<UInt64>)
  func cuts(seed: UInt64) throws {
    var random = DetectRandom(seed: seed &+ 2000)
    let keys = [
      "suppress_for = \"0s\"", "hold = \"4s\", cancel_on = [[c]]", "max_keys = 3",
      "cancel_on = [[c]], suppress_for = \"3s\"",
      "resolve_when = [[c]]",
      """
      suppress_for = "0s", on_match = function(m)
        local last = m.last and m.last.n
        if m.count > 1 then return alert { value = m.s0.seen, n = last, summary = "{k} " .. m.started .. " " .. m.ended } end
      end
      """,
    ]
    let made = keys.indices.map { _ in Made(&random) }
    let rules = zip(keys.indices, made).map { $1.rule(keys[$0], id: "r\($0)") }
    let events = SequencePropertyTests.events(&random, count: 600, keys: 6, steps: 4, late: 7)
    var stream = DetectStream()
    for (number, event) in events.enumerated() {
      let fields = (0..<4).filter { event.mask & (1 << $0) != 0 }.map { ",\"s\($0)\":true" }.joined()
      stream.add(event.time, "\"k\":\(event.key),\"n\":\(number),\"c\":\(number % 9 == 0)\(fields)")
    }
    let whole = try stream.run(rules, lateness: 5 * DetectStream.second)
    #expect(!whole.fired.isEmpty && whole.rules.failingRules.isEmpty, "seed \(seed): \(whole.rules.failingRules)")
    for most in [1, 20, 300] {
      var cuts = DetectRandom(seed: seed &* 31 &+ UInt64(most))
      let cut = try stream.run(
        rules, lateness: 5 * DetectStream.second, cut: { Int.random(in: 1...most, using: &cuts) })
      let different = zip(cut.json, whole.json).first { $0 != $1 }
      #expect(different == nil && cut.json.count == whole.json.count, "seed \(seed), pieces of at most \(most)")
    }
  }

  @Test("keys are bounded, the stalest go, and their memory with them")
  func bounded() throws {
    let rule = """
      return rule { api = 1, id = "s", title = "S", severity = "low", by = { "k" }, max_keys = 64,
        sequence = { within = "1h", { name = "a", match = [[a]], times = 100 }, { name = "b", match = [[b]], times = 50 },
          { name = "c", match = [[c]], absent = true } } }
      """
    var stream = DetectStream()
    for number in 0..<20_000 {
      let key = number % 5 == 0 ? number : number % 7
      stream.add(Double(number) / 10, "\"k\":\(key),\"a\":\(number % 3 != 0),\"b\":true")
    }
    let detector = try #require(try stream.run([rule]).detector("s"))
    #expect(detector.keyCount <= 64 && detector.evictions > 1000)
    // Rings of 100 × 16 and 50 × 64 bytes, and two blocks, a copy of one, counters and the key itself.
    #expect(detector.memoryBytes <= 64 * (100 * 16 + 50 * 64 + 400))
  }
}
