import Testing

@testable import StellaLua

@Suite("Variables outside the state") struct FingerprintTests {
  @Test(
    "A variable of the script that a call changes shows",
    arguments: [
      "local n = 0 return function(e, s) n = n + 1 end", "return function(e, s) counter = (counter or 0) + 1 end",
      "local seen = {} return function(e, s) seen[#seen + 1] = 1 end",
      "local t = { a = { b = 1 } } return function(e, s) t.a.b = 2 end",
      "local t = { a = { b = 1 } } return function(e, s) t.a = { b = 1, c = 2 } end",
      "return function(e, s) string.upper = function() end end", "return function(e, s) math = nil end",
      "local function make() local n = 0 return function() n = n + 1 end end local f = make() return function() f() end",
      "return function(e, s) kept = e end", "return function(e, s) window.count('1m') window.mine = 1 end",
    ])
  func changes(source: String) throws {
    let fixture = try Fixture()
    guard case .function(let on) = try fixture.load(source) else { throw LuaHostError("no function") }
    let before = try fixture.state.fingerprint()
    #expect(try fixture.state.fingerprint() == before)
    _ = try fixture.call(on)
    #expect(try fixture.state.fingerprint() != before)
  }

  @Test("Order and sharing of tables don't matter, only what they hold")
  func sharing() throws {
    let fixture = try Fixture()
    let source = """
      local a = { 1 }
      local t = { x = a, y = a, [1] = { a } }
      return function(e, s)
        for i = 1, 50 do t["k" .. i] = i end
        for i = 1, 50 do t["k" .. i] = nil end
        t.x = nil t.y = nil t.y = a t.x = a
      end
      """
    guard case .function(let on) = try fixture.load(source) else { throw LuaHostError("no function") }
    let before = try fixture.state.fingerprint()
    _ = try fixture.call(on)
    #expect(try fixture.state.fingerprint() == before)
  }

  @Test("Calls that keep everything in the state don't show")
  func nothingChanges() throws {
    let fixture = try Fixture()
    try fixture.state.declare("now", type: 0, handle: 0)
    let source = """
      local limit, names = 3, { "a", { b = 1 } }
      local function helper(x) return x + limit end
      return function(e, s)
        s.n = helper(s.n or 0)
        s.t = { names[1] }
        s.now:add(1)
        local w = window.count("5m")
        return alert { value = s.n, w }
      end
      """
    guard case .function(let on) = try fixture.load(source) else { throw LuaHostError("no function") }
    let before = try fixture.state.fingerprint()
    for _ in 0..<50 { _ = try fixture.call(on) }
    #expect(try fixture.state.fingerprint() == before)
  }
}
