import StellaModel
import Testing

@testable import StellaDetection

@Suite struct RouteRouterTests {
  @Test func `A full batch is routed, event by event`() throws {
    let events = TestEvents((0..<1024).map { ["n": .integer(Int64($0)), "m": .text("event \($0)")] })
    #expect(try events.matches("n >= 1000") == Array(1000..<1024))
    #expect(try events.matches("endswith(m, '7') and n < 100") == stride(from: 7, to: 100, by: 10).map { $0 })
    #expect(try events.matches("true") == Array(0..<1024))
    #expect(try events.matches("not (n >= 1)") == [0])
  }

  @Test func `Each batch is answered afresh`() throws {
    let first = TestEvents([["a": .integer(1), "m": .text("x y")], ["a": .integer(2), "m": .text("z")]])
    let texts = ["a == 1", "contains(m, 'x')", "a > 1", "a ~= nil", "not (a == 1)", "matches(m, 'z$') and a == 2"]
    let expressions = try texts.map { try Expression.parse($0) }
    let router = Router(filters: expressions, fields: &first.fields)
    let second = TestEvents([["a": .integer(2), "m": .text("x")]], fields: first.fields)
    let empty = TestEvents([], fields: first.fields)
    for _ in 0..<3 {
      router.route(first.batch)
      #expect(texts.indices.map { router.events($0) } == [[0], [0], [1], [0, 1], [1], [1]])
      router.route(second.batch)
      #expect(texts.indices.map { router.events($0) } == [[], [0], [0], [0], [0], []])
      router.route(empty.batch)
      #expect(router.matched == [])
    }
  }

  @Test func `A database of patterns takes over from tests one by one without a change in the answers`() throws {
    let words = ["select", "union", "script", "passwd", "id=1", "$(", "ÉTÉ"]
    let events = TestEvents(
      (0..<60).map { ["n": .integer(Int64($0 % 3)), "m": .text("\(words[$0 % 7]) \(words[$0 % 5])")] })
    let tests = words.map { "contains(m, '\($0)')" } + ["matches(m, [[(?i)\\bs\\w+t\\b]])", "matches(m, [[é|=\\d$]])"]
    let expressions = try tests.map { try Expression.parse("n == 0 and \($0)") }
    let oneByOne = Router(filters: expressions, fields: &events.fields, trialTests: .max)
    let router = Router(filters: expressions, fields: &events.fields, trialTests: 20 * tests.count * 2)
    var compiled: [Bool] = []
    for _ in 0..<4 {
      compiled.append(router.patternBytes > 0)
      oneByOne.route(events.batch)
      router.route(events.batch)
      #expect(tests.indices.map { router.events($0) } == tests.indices.map { oneByOne.events($0) })
      #expect(tests.indices.map { router.events($0).count }.reduce(0, +) > 20)
    }
    #expect(compiled == [false, false, false, true])
    #expect(oneByOne.patternBytes == 0)
  }

  @Test func `A batch from before a rule was added has no value for its fields`() throws {
    let old = TestEvents([["a": .integer(1)]])
    var fields = old.fields
    let router = Router(
      filters: [try Expression.parse("b == nil and a == 1"), try Expression.parse("c == 1")], fields: &fields)
    #expect(fields.names == ["a", "b", "c"])
    router.route(old.batch)
    #expect(router.events(0) == [0])
    #expect(router.events(1) == [])
  }

  @Test func `Without filters nothing matches`() {
    var fields = FieldTable()
    let router = Router(filters: [], fields: &fields)
    router.route(TestEvents([["a": .integer(1)]]).batch)
    #expect(router.matched == [])
  }

  @Test(arguments: [61, 62] as [UInt64])
  func `Many rules of one shape are each answered by their own index entry`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let words = (0..<100).map { "w\($0)x" }
    let rows: [[String: TestValue]] = (0..<150).map { index in
      [
        "service": .text(random.pick(words)), "duration_ms": .integer(Int64(random.next() % 300)),
        "message": .text((0..<3).map { _ in random.pick(words) }.joined(separator: " ")),
        "level": .level(random.pick(LogLevel.allCases)), "n": .double(Double(index) / 2),
      ]
    }
    let events = TestEvents(rows)
    let shapes: [(Int) -> String] = [
      { "service == \"\(words[$0])\"" }, { "contains(message, \"\(words[$0])\")" }, { "duration_ms > \($0)" },
      { "duration_ms <= \($0).5 and level >= error" }, { "level >= warning and contains(message, \"\(words[$0])\")" },
      { "one_of(service, \"\(words[$0])\", \"w0x\") and n >= \($0)" }, { "matches(message, [[^\(words[$0]) .*x$]])" },
      { "level == error or startswith(message, \"\(words[$0])\")" },
    ]
    for shape in shapes {
      let texts = words.indices.map(shape)
      let found = try events.matches(texts)
      for (text, found) in zip(texts, found) {
        let syntax = try Expression.parse(text).syntax
        let expected = rows.indices.filter { ReferenceEvaluator(event: rows[$0]).holds(syntax) }
        #expect(found == expected, "seed \(seed): \(text)")
      }
    }
  }
}

@Suite struct RouteExplanationTests {
  private let events = TestEvents([
    ["status": .text("500"), "message": .text("read timeout"), "level": .level(.error), "ip": .text("nowhere")],
    ["status": .integer(502), "message": .text(String(repeating: "é", count: 200)), "tags": .array("[1,2]")],
  ])

  @Test func `An explanation has every part, its verdict and the values it read`() throws {
    let expression = try Expression.parse("level >= error and (status >= 500 or not contains(message, 'x'))")
    let explanation = expression.explain(events.batch, 0, fields: events.fields)
    #expect(explanation.holds)
    #expect(explanation.parts.map(\.text) == ["level >= error", "(status >= 500 or not contains(message, 'x'))"])
    let level = explanation.parts[0]
    #expect(level.holds && level.reason == nil)
    #expect(level.readings == [Explanation.Reading(field: "level", value: "\"error\"")])
    let status = explanation.parts[1].parts[0]
    #expect(status.text == "status >= 500" && !status.holds)
    #expect(status.readings == [Explanation.Reading(field: "status", value: "\"500\"")])
    #expect(status.reason == "status is text, not a number")
    #expect(explanation.parts[1].parts[1].holds)
    #expect(explanation.parts[1].parts[1].parts[0].reason == nil)
  }

  @Test(arguments: [
    ("user == 1", "user is missing"), ("user ~= 1", "user is missing"),
    ("contains(tags, 'x')", "tags is an array, not text"),
    ("level == error", "level is missing"), ("status == ip", "ip is missing"),
    ("tags == status", "tags is an array, status is a number"),
    ("one_of(tags, 1)", "tags is an array"), ("cidr(message, '::/0')", "message is no IP address"),
    ("tags", "tags is an array, not a boolean"),
  ])
  func `A test that could not compare says why`(text: String, reason: String) throws {
    let explanation = try Expression.parse(text).explain(events.batch, 1, fields: events.fields)
    #expect(!explanation.holds)
    #expect(explanation.reason == reason)
  }

  @Test func `Long values are cut between characters`() throws {
    let explanation = try Expression.parse("message == 'x'").explain(events.batch, 1, fields: events.fields)
    #expect(explanation.readings[0].value == "\"" + String(repeating: "é", count: 100) + "\"…")
  }

  @Test(arguments: [71, 72] as [UInt64])
  func `An explanation's verdict is the router's`(seed: UInt64) throws {
    var generator = ExpressionGenerator(random: SeededGenerator(seed))
    let texts = (0..<60).map { _ in generator.expression() }
    let events = TestEvents((0..<20).map { _ in generator.event() })
    let found = try events.matches(texts)
    for (text, found) in zip(texts, found) {
      let expression = try Expression.parse(text)
      let explained = events.rows.indices.filter { expression.explain(events.batch, $0, fields: events.fields).holds }
      #expect(explained == found, "seed \(seed): \(text)")
    }
  }
}
