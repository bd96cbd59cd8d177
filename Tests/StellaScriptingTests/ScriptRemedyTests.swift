import StellaLua
import StellaScripting
import Testing

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
}
