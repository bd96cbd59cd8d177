import Testing

@testable import StellaLua

@Suite("Calls") struct CallTests {
  @Test("A rule table comes back with its constructors, functions and plain values")
  func ruleTable() throws {
    let fixture = try Fixture()
    let value = try fixture.load(
      """
      return rule {
        api = 1, id = "errors.spike", by = { "service", "error_type" },
        state = { now = window.count("5m"), usual = window.count { "1h", offset = "5m" }, sample = ring(3) },
        on = function(e, s)
          s.now:add(e)
        end,
      }
      """)
    guard case .tagged("rule", let rule) = value else { throw LuaHostError("not a rule: \(value)") }
    #expect(rule["api"] == .integer(1))
    #expect(rule["by"] == .table(LuaTable(array: [.string("service"), .string("error_type")])))
    guard case .table(let state)? = rule["state"] else { throw LuaHostError("no state") }
    #expect(state["now"] == .tagged("window.count", LuaTable(array: [.string("5m")])))
    #expect(
      state["usual"] == .tagged("window.count", LuaTable(array: [.string("1h")], fields: [("offset", .string("5m"))])))
    #expect(state["sample"] == .tagged("ring", LuaTable(array: [.integer(3)])))
    guard case .function(let on)? = rule["on"] else { throw LuaHostError("no function") }
    #expect(on.line == 4)
    #expect(rule.fields.map(\.key) == ["api", "by", "id", "on", "state"])
  }

  @Test("A hot call reads the fields of its event and returns what the script returns")
  func hotCall() throws {
    let fixture = try Fixture()
    fixture.host.set("level", 0, .string("error"))
    fixture.host.set("duration_ms", 0, .integer(700))
    fixture.host.set("level", 1, .string("info"))
    fixture.host.set("duration_ms", 1, .double(0.5))
    fixture.host.set("user", 1, .null)
    let on = try fixture.function(
      """
      function(e, s)
        if e.level == "error" and e.duration_ms > 500 then return alert { value = e.duration_ms } end
      end
      """)
    #expect(try fixture.call(on) == .tagged("alert", LuaTable(fields: [("value", .integer(700))])))
    #expect(try fixture.call(on, event: 1) == .nil)
    let kinds = try fixture.function(
      "function(e) return { e.level, e.duration_ms, e.user == null, e.user == nil, e.absent == nil, #e.level } end")
    #expect(
      try fixture.call(kinds, event: 1)
        == .table(
          LuaTable(array: [.string("info"), .double(0.5), .bool(true), .bool(false), .bool(true), .integer(4)])))
  }

  @Test("A field without a column is fetched, and asked for again in the next batch")
  func unplannedFields() throws {
    let fixture = try Fixture()
    fixture.host.setUnplanned("rare", .string("here"))
    let on = try fixture.function("function(e) return e.rare end")
    #expect(try fixture.call(on) == .string("here"))
    #expect(try fixture.call(on) == .string("here"))
    #expect(fixture.host.columnQuestions == 1)
    fixture.host.set("rare", 0, .string("column"))
    fixture.state.bind(cells: fixture.host.cells, stride: TestHost.capacity)
    #expect(try fixture.call(on) == .string("column"))
    #expect(try fixture.call(on) == .string("column"))
    #expect(fixture.host.columnQuestions == 2)
  }

  @Test("More field names than the cache holds are still read right")
  func manyFields() throws {
    let fixture = try Fixture()
    for index in 0..<60 { fixture.host.set("field\(index)", 0, .integer(Int64(index))) }
    let on = try fixture.function(
      "function(e) local n = 0 for i = 0, 59 do n = n + e['field' .. i] end return n end")
    #expect(try fixture.call(on) == .integer(59 * 60 / 2))
    #expect(try fixture.call(on) == .integer(59 * 60 / 2))
  }

  @Test("An array field arrives as a table made by the host")
  func jsonField() throws {
    let fixture = try Fixture()
    fixture.host.setJSON("tags", "[1,2]")
    let on = try fixture.function("function(e) return e.tags end")
    #expect(try fixture.call(on) == .table(LuaTable(array: [.string("json"), .integer(5)])))
  }

  @Test("A text field longer than the longest string is cut, not fatal")
  func longField() throws {
    let fixture = try Fixture()
    fixture.host.set("message", 0, .string(String(repeating: "é", count: 300_000)))
    let on = try fixture.function("function(e) return #e.message end")
    #expect(try fixture.call(on) == .integer(65_536))
  }

  @Test("An event is read-only, has no list of fields, and can't be read outside its call")
  func eventGuards() throws {
    let fixture = try Fixture()
    fixture.host.set("a", 0, .integer(1))
    let write = try fixture.function("function(e) e.a = 2 end")
    #expect(failure { _ = try fixture.call(write) }?.message == "events are read-only")
    let list = try fixture.function("function(e) for k in pairs(e) do end end")
    #expect(failure { _ = try fixture.call(list) }?.message == "an event has no list of its fields; read them by name")
    let keep = try fixture.function("function(e, s) kept = e keptState = s return e.a end")
    #expect(try fixture.call(keep) == .integer(1))
    let check = try fixture.function("function(s, t) return kept.a end")
    #expect(fixture.state.callCheck(check, keySlot: 0, time: 0) == .failed)
    #expect(
      fixture.state.takeError().message == "the event can only be read while the rule is called with it")
    let general = try fixture.function("function() return keptState.x end")
    #expect(failure { _ = try fixture.state.call(general, []) }?.message.contains("called for a key") == true)
  }

  @Test("A check receives the state and the time")
  func check() throws {
    let fixture = try Fixture()
    let check = try fixture.function("function(s, t) s.last = t return t + 1 end")
    #expect(fixture.state.callCheck(check, keySlot: 3, time: 1_700_000_000_000_000_000) == .value)
    #expect(try fixture.state.takeResult() == .integer(1_700_000_000_000_000_001))
    #expect(try fixture.state.takeResult() == .nil)
    #expect(
      try fixture.state.savedKey(3) == .table(LuaTable(fields: [("last", .integer(1_700_000_000_000_000_000))])))
  }

  @Test("A general call passes events, states and values in any order")
  func generalCall() throws {
    let fixture = try Fixture()
    fixture.host.set("a", 2, .string("third"))
    let function = try fixture.function("function(v, e, s) s.seen = v.x return { v, e.a, s.seen } end")
    let argument = LuaValue.table(LuaTable(array: [.integer(1)], fields: [("x", .double(1.5))]))
    let result = try fixture.state.call(function, [.value(argument), .event(2), .state(keySlot: 9)])
    #expect(result == .table(LuaTable(array: [argument, .string("third"), .double(1.5)])))
  }

  @Test("Host functions take and give values, and their refusal is an error at the calling line")
  func hostFunctions() throws {
    let fixture = try Fixture(functions: [
      "text.join": { (arguments: [LuaValue]) throws(LuaHostError) -> LuaValue in
        .string(
          arguments.map { value -> String in if case .string(let text) = value { text } else { "?" } }.joined())
      },
      "refuse": { (_: [LuaValue]) throws(LuaHostError) -> LuaValue in throw LuaHostError("not today") },
    ])
    #expect(try fixture.evaluate("text.join('a', 'b', 3)") == .string("ab?"))
    let error = failure { _ = try fixture.load("local x = 1\nrefuse(x)") }
    #expect(error?.message == "not today")
    #expect(error?.line == 2)
    #expect(error?.kind == .runtime)
    #expect(try fixture.evaluate("select(2, pcall(refuse))") == .string("not today"))
  }

  @Test("Natives are called with the current key, the event, and any answer")
  func natives() throws {
    let fixture = try Fixture()
    try fixture.state.declare("now", type: 0, handle: 7)
    let on = try fixture.function("function(e, s) s.now:add() s.now:add(2) return s.now:count() end")
    #expect(try fixture.call(on, slot: 4) == .integer(3))
    #expect(try fixture.call(on, slot: 4) == .integer(6))
    #expect(try fixture.call(on, slot: 5) == .integer(3))
    #expect(fixture.host.counts[SIMD2(7, 4)] == 6)
    let list = try fixture.function("function(e, s) return s.now:list() end")
    #expect(
      try fixture.call(list)
        == .table(LuaTable(array: [.integer(1), .null, .string("three")], fields: [("b", .bool(true))])))
    let index = try fixture.function("function(e, s) return s.now:index(e) end")
    #expect(try fixture.call(index, event: 5) == .integer(5))
    let handle = try fixture.function("function(e, s) return { evidence = s.now } end")
    #expect(try fixture.call(handle) == .table(LuaTable(fields: [("evidence", .handle(type: 0, id: 7))])))
  }

  @Test("A native object can't be changed, replaced, or called without itself")
  func nativeGuards() throws {
    let fixture = try Fixture()
    try fixture.state.declare("now", type: 0, handle: 0)
    for body in [
      "s.now = 1", "s.now.add = 1", "s.now.add(3)", "s.now.add()", "s.now.add(e)", "s.now:add({})",
      "s.now:add(1,2,3,4,5,6,7,8,9)", "s.f = function() end", "s.e = e", "s[1.5] = 1", "s[{}] = 1",
    ] {
      let on = try fixture.function("function(e, s) \(body) end")
      #expect(failure { _ = try fixture.call(on) }?.kind == .runtime, "\(body)")
    }
  }

  @Test("Each key has its own plain values, which can be saved, restored and dropped")
  func keyState() throws {
    let fixture = try Fixture()
    let on = try fixture.function(
      "function(e, s) s.n = (s.n or 0) + 1 s.seen = s.seen or {} s.seen[500 + s.n] = { s.n } return s.n end")
    for expected in 1...3 { #expect(try fixture.call(on, slot: 10) == .integer(Int64(expected))) }
    #expect(try fixture.call(on, slot: 11) == .integer(1))
    let saved = try fixture.state.savedKey(10)
    let second = try Fixture()
    try second.state.restoreKey(77, saved)
    let again = try second.function(
      "function(e, s) s.n = (s.n or 0) + 1 s.seen = s.seen or {} s.seen[500 + s.n] = { s.n } return s.n end")
    #expect(try second.call(again, slot: 77) == .integer(4))
    #expect(try fixture.call(on, slot: 10) == .integer(4))
    #expect(try second.state.savedKey(77) == fixture.state.savedKey(10))
    fixture.state.dropKey(10)
    #expect(try fixture.state.savedKey(10) == .nil)
    #expect(try fixture.call(on, slot: 10) == .integer(1))
  }

  @Test("State that can't be saved is refused when it is saved")
  func unsavable() throws {
    let fixture = try Fixture()
    try fixture.state.declare("now", type: 0, handle: 0)
    for body in [
      "s.t = {} s.t.t = s.t", "s.t = { f = function() end }", "s.t = { [true] = 1 }", "s.t = { [1.5] = 1 }",
      "s.t = { e }", "s.t = { s }", "s.t = { s.now }",
      "local t = {} s.t = t for i = 1, 20 do t.n = {} t = t.n end",
    ] {
      fixture.state.dropKey(0)
      let on = try fixture.function("function(e, s) \(body) end")
      #expect(try fixture.call(on) == .nil)
      #expect(failure { _ = try fixture.state.savedKey(0) }?.kind == .runtime, "\(body)")
    }
  }
}
