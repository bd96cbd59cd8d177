import StellaLua
import Testing

@testable import StellaScripting

@Suite("Remedies for errors of scripts") struct ScriptRemedyTests {
  @Test(
    "Errors that a script runs into come with what to do",
    arguments: [
      ("local e = {}; return e.bytes + 1", "(e.bytes or 0)"), ("local n; return n * 2", "(n or 0)"),
      ("local n; return n > 2", "one side is nil"), ("return 'a' > 2", "tonumber(x)"),
      ("local e = {}; return e.user.name", "if e.user then"), ("local x = 5; return x.name", "type(x)"),
      ("local e = {}; return 'a' .. e.user", "(e.user or \"\")"), ("return {} .. 'a'", "tostring(x)"),
      ("return 'abc' + 1", "tonumber(x)"), ("local s = {}; s.n:add()", "if e.n then"),
      ("local n; return #n", "#(x or \"\")"), ("return math.floor(nil)", "an argument is nil"),
      ("while true do end", "keep loops short"),
    ])
  func remedies(script: String, remedy: String) throws {
    let state = try LuaState()
    let error = #expect(throws: LuaError.self) { try state.load(Array(script.utf8), name: "r.lua") }
    let advice = try #require(error).advice
    #expect(advice.hasPrefix("r.lua:1: ") && advice.contains(remedy), "\(advice)")
  }

  @Test("What a script says itself, and names that are nearly right, get none") func none() throws {
    for script in ["error('no')", "tonumbr('1')"] {
      let state = try LuaState()
      let error = #expect(throws: LuaError.self) { try state.load(Array(script.utf8), name: "r.lua") }
      #expect(try ScriptRemedy.of(#require(error)) == nil)
    }
  }

  @Test("There is no print, and what shows a rule's events is said instead") func print() throws {
    let state = try LuaState()
    let error = #expect(throws: LuaError.self) { try state.load(Array("print(1)".utf8), name: "r.lua") }
    let advice = try #require(error).advice
    #expect(
      advice.contains("there is no print: `stella rules explain`") && !advice.contains("did you mean"), "\(advice)")
  }

  @Test(
    "A member of the state that is nil is told from a field of the event",
    arguments: [
      ("s.cc:add(e)", "index a nil value (field 'cc')", "state has no cc; did you mean c?"),
      ("s.zebra:add(e)", "index a nil value (field 'zebra')", "state has no zebra, but c"),
      (
        "s.sum = s.sum + 1", "perform arithmetic on a nil value (field 'sum')",
        "s.sum is nil until something is assigned to it: write (s.sum or 0)"
      ),
      ("s.last.x = 1; s.last = {}", "index a nil value (field 'last')", "test if s.last then first"),
    ])
  func states(line: String, what: String, said: String) throws {
    let rule = RuleSource(
      file: "r.lua",
      text: Array("return rule { state = { c = window.count('5m') },\n  on = function(e, s) \(line) end }".utf8))
    let hint = StateNameHint(rule, declared: ["c"])
    let error = LuaError(
      kind: .runtime, message: "attempt to \(what)", file: "r.lua", line: 2)
    let told = hint.added(to: error)
    #expect(told.advice.hasSuffix(said), "\(told.advice)")
    let event = LuaError(
      kind: .runtime, message: "attempt to index a nil value (field 'user')", file: "r.lua", line: 2)
    #expect(hint.added(to: event) == event && event.advice.contains("e.user"))
  }
}
