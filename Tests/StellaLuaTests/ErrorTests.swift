import StellaModel
import Testing

@testable import StellaLua

@Suite("Errors") struct ErrorTests {
  @Test("An error names the file, the line, and the frames of the script")
  func traceback() throws {
    let fixture = try Fixture()
    let on = try fixture.function(
      """
      function(e, s)
        local function inner(x)
          return x.y.z
        end
        local function outer(x)
          local v = inner(x)
          return v
        end
        local w = outer({})
        return w
      end
      """, name: "Rules/web/latency.lua")
    let error = failure { _ = try fixture.call(on) }
    #expect(error?.kind == .runtime)
    #expect(error?.file == "Rules/web/latency.lua")
    #expect(error?.line == 3)
    #expect(error?.message == "attempt to index a nil value (field 'y')")
    #expect(error?.description == "Rules/web/latency.lua:3: attempt to index a nil value (field 'y')")
    #expect(
      error?.traceback == ["3: in function 'inner'", "6: in function 'outer'", "9: in the function of line 1"])
  }

  @Test("A syntax error is a load error at its line, also under a long file name")
  func syntax() throws {
    let fixture = try Fixture()
    let name = "Rules/" + String(repeating: "very-long-folder/", count: 9) + "name.lua"
    let error = failure { _ = try fixture.load("local x = 1\nlocal y = = 2", name: name) }
    #expect(error?.kind == .load)
    #expect(error?.file == name)
    #expect(error?.line == 2)
    #expect(error?.message == "unexpected symbol near '='")
    let runtime = failure { _ = try fixture.load("local x = 1\n\nerror('no')", name: name) }
    #expect(runtime?.kind == .runtime)
    #expect(runtime?.line == 3)
    #expect(runtime?.message == "no")
  }

  @Test("Error values that are no text get a placeholder, and nothing is called on them")
  func errorValues() throws {
    let fixture = try Fixture()
    let expected: [(String, String)] = [
      ("error()", "(error value of type nil)"), ("error({ code = 1 })", "(error value of type table)"),
      ("error(42)", "42"), ("error(1.5)", "1.5"), ("error('plain', 0)", "plain"),
      ("error(('E'):rep(5000), 0)", String(repeating: "E", count: 1024)),
      ("error(function() end)", "(error value of type function)"),
      ("error('\\xff\\0bad', 0)", "\u{FFFD}\0bad"), ("assert(false)", "assertion failed!"),
      ("assert(nil, 'why')", "why"),
    ]
    for (source, message) in expected {
      #expect(failure { _ = try fixture.load(source) }?.message == message, "\(source)")
    }
  }

  @Test(
    "A name that holds nothing is answered with the name that was probably meant",
    arguments: [
      ("widow.count('5m')", "attempt to index a nil value (global 'widow'); did you mean 'window'?"),
      ("window.coumt('5m')", "attempt to call a nil value (field 'coumt'); did you mean 'count'?"),
      ("local s = 'a' s:uper()", "attempt to call a nil value (method 'uper'); did you mean 'upper'?"),
      ("tonumbr('1')", "attempt to call a nil value (global 'tonumbr'); did you mean 'tonumber'?"),
      ("zzzzzz()", "attempt to call a nil value (global 'zzzzzz')"),
    ])
  func hints(source: String, message: String) throws {
    #expect(failure { _ = try Fixture().load(source) }?.message == message)
  }

  @Test("Source beyond its limit, bytecode, and long access chains are refused with their line")
  func refusals() throws {
    let fixture = try Fixture()
    let chain = "local a = {}\nreturn a" + String(repeating: ".x", count: 101)
    let cases: [(source: [UInt8], message: String, line: Int)] = [
      (Array(repeating: 0x20, count: 65_537), "the script has more than 65536 bytes", 1),
      ([0x1B, 0x4C, 0x75, 0x61, 0x54, 0], "only source text can be loaded", 1),
      (Array(chain.utf8), "an access chain of more than 100 parts", 2),
      (
        Array(("return " + String(repeating: "(", count: 190) + "1" + String(repeating: ")", count: 190)).utf8),
        "brackets nested deeper than 180", 1
      ),
      (
        Array(("return " + String(repeating: "not ", count: 5000) + "1").utf8),
        "the script nests expressions or blocks too deep", 1
      ),
    ]
    for refused in cases {
      let error = failure { _ = try fixture.state.load(refused.source, name: "r.lua") }
      #expect(error?.kind == .load)
      #expect(error?.message == refused.message)
      #expect(error?.line == refused.line)
    }
    #expect(
      try fixture.load("--[==[ \n]] a\(String(repeating: ".x", count: 500)) ]==] return ('\\'(((' .. [[.x.x]]):len()")
        == .integer(8))
    #expect(try fixture.state.load([0xEF, 0xBB, 0xBF] + Array("return 1".utf8), name: "bom.lua") == .integer(1))
    let list = "return { " + String(repeating: "{ a = 1, b = f { 1 } }, ", count: 300) + "}"
    #expect(failure { _ = try fixture.load("local function f(t) return t end " + list) } == nil)
  }

  @Test("Refused callbacks leave no host object alive, caught or not, and the state works on")
  func longjmpSafety() throws {
    var limits = LuaLimits()
    limits.deadline = .seconds(600)
    let fixture = try Fixture(
      limits: limits,
      functions: [
        "refuse": { (_: [LuaValue]) throws(LuaHostError) -> LuaValue in
          let witness = TestHost.Witness()
          defer { withExtendedLifetime(witness) {} }
          throw LuaHostError("refused")
        },
        "deep": { (_: [LuaValue]) throws(LuaHostError) -> LuaValue in
          let witness = TestHost.Witness()
          defer { withExtendedLifetime(witness) {} }
          var value = LuaValue.integer(1)
          for _ in 0..<40 { value = .table(LuaTable(array: [value])) }
          return value
        },
        "large": { (_: [LuaValue]) throws(LuaHostError) -> LuaValue in
          let witness = TestHost.Witness()
          defer { withExtendedLifetime(witness) {} }
          return .table(LuaTable(array: Array(repeating: .string(String(repeating: "x", count: 300)), count: 1000)))
        },
      ])
    try fixture.state.declare("now", type: 0, handle: 0)
    let on = try fixture.function(
      """
      function(e, s)
        for i = 1, 100 do
          pcall(refuse, i) pcall(deep) pcall(function() s.now:refuse(i) end)
        end
        refuse("last")
      end
      """)
    let exhausted = try fixture.function("function(e, s) pcall(large) return 1 end")
    let killed = try fixture.function("function(e, s) while true do pcall(refuse) end end")
    for _ in 0..<10 {
      let error = failure { _ = try fixture.call(on) }
      #expect(error?.message == "refused")
      #expect(error?.line == 5)
      #expect(failure { _ = try fixture.call(exhausted) }?.kind == .memory)
      #expect(failure { _ = try fixture.call(killed) }?.kind == .budget)
    }
    #expect(TestHost.Witness.alive == 0)
  }

  @Test("Calling back into the state that is calling is an error, not a crash")
  func reentrance() throws {
    final class Box { var state: LuaState? }
    let box = Box()
    let fixture = try Fixture(functions: [
      "again": { (_: [LuaValue]) throws(LuaHostError) -> LuaValue in
        guard let state = box.state else { return .nil }
        do {
          return try state.load(Array("return 1".utf8), name: "inner")
        } catch {
          throw LuaHostError((error as? LuaError)?.message ?? "")
        }
      }
    ])
    box.state = fixture.state
    defer { box.state = nil }
    let error = failure { _ = try fixture.load("return again()") }
    #expect(error?.message == "a host callback called back into the same Lua state")
    #expect(try fixture.evaluate("1 + 1") == .integer(2))
  }

  @Test("A closed state answers with an error")
  func closed() throws {
    let fixture = try Fixture()
    let on = try fixture.function("function(e, s) end")
    fixture.state.close()
    #expect(fixture.state.callHot(on, eventIndex: 0, keySlot: 0) == .failed)
    #expect(fixture.state.takeError().kind == .internal)
    #expect(failure { _ = try fixture.load("return 1") }?.kind == .internal)
    fixture.state.close()
  }

  @Test("Values that leave a script are bounded, repaired, and never call anything")
  func results() throws {
    let fixture = try Fixture()
    #expect(try fixture.evaluate("'\\xffa\\xe2\\x82'") == .string("\u{FFFD}a\u{FFFD}"))
    #expect(
      try fixture.evaluate("{ [0] = 'z', 'a', [-5] = 1, [7] = 2, k = {} }")
        == .table(
          LuaTable(
            array: [.string("a")],
            integers: [
              .init(key: -5, value: .integer(1)), .init(key: 0, value: .string("z")), .init(key: 7, value: .integer(2)),
            ], fields: [("k", .table(LuaTable()))])))
    let wide = "local t = {} for i = 1, 12 do t = { t, t, t, t } end return t"
    #expect(failure { _ = try fixture.load(wide) }?.message.contains("too large to leave") == true)
    #expect(
      failure { _ = try fixture.load("local t = {} t[1] = t return t") }?.message.contains("contains itself") == true)
    let on = try fixture.function("function(e, s) return function() end end")
    #expect(failure { _ = try fixture.call(on) }?.message == "a function can't leave the script here")
  }

  @Test("The nearest name forgives a third of the letters and knows neighbours that changed places")
  func nearestName() {
    let names = ["threshold", "window", "where", "severity"]
    #expect(NearestName.of("treshold", in: names) == "threshold")
    #expect(NearestName.of("wehre", in: names) == "where")
    #expect(NearestName.of("SEVERITY", in: names) == "severity")
    #expect(NearestName.of("x", in: names) == nil)
    #expect(NearestName.of("entirely", in: names) == nil)
  }
}
