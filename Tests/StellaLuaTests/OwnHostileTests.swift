import Testing

@testable import StellaLua

/// Hostile scripts of our own, a few lines each, by the class of what they attack.
@Suite("Own hostile scripts", .serialized) struct OwnHostileTests {
  enum Ending: Hashable { case returned, runtime, budget, memory, load }

  struct Attack: CustomTestStringConvertible, Sendable {
    let name: String
    let body: String
    let endings: Set<Ending>
    var testDescription: String { name }

    init(_ name: String, _ endings: Ending..., body: String) {
      self.name = name
      self.body = body
      self.endings = Set(endings)
    }
  }

  static let attacks: [Attack] = [
    // Time inside one library call or one instruction.
    Attack("cbound-nested-quantifiers", .budget, body: "return (('a'):rep(40)):match(('a*'):rep(12) .. 'b')"),
    Attack("cbound-lazy-chain", .budget, body: "return (('a'):rep(400)):match(('.-'):rep(6) .. 'x')"),
    Attack("cbound-backreference", .budget, body: "return (('ab'):rep(2000)):find('(.-)(.-)%1%2x')"),
    Attack("cbound-frontier", .budget, body: "return (('a '):rep(9000)):match(('%f[a].-'):rep(5) .. 'x')"),
    Attack("cbound-balance-gsub", .budget, body: "return (('('):rep(9000)):gsub('%b()', '')"),
    Attack("cbound-capture-flood", .budget, body: "while true do ('abcdefghij'):match(('(.)'):rep(10)) end"),
    Attack("cbound-set-compile", .budget, body: "while true do ('x'):find(('[%w%d%s]'):rep(60)) end"),
    Attack("cbound-pattern-nodes", .runtime, body: "return ('x'):find(('a?'):rep(600))"),
    Attack("cbound-pattern-sets", .runtime, body: "return ('x'):find(('[ab]'):rep(100))"),
    Attack("cbound-gsub-callback", .budget, body: "return (('a'):rep(60000)):gsub('.', function(c) return c .. c end)"),
    Attack("cbound-gsub-grow", .runtime, body: "local s = ('ab'):rep(8000) return (s:gsub('a', ('y'):rep(50)))"),
    Attack("cbound-gmatch-empty", .budget, body: "while true do for _ in (('a'):rep(6000)):gmatch('') do end end"),
    Attack("cbound-rep-overflow", .runtime, body: "return ('ab'):rep(math.maxinteger)"),
    Attack("cbound-rep-separator", .runtime, body: "return (''):rep(1 << 40, ('s'):rep(60))"),
    Attack("cbound-rep-negative", .returned, body: "return ('a'):rep(math.mininteger)"),
    Attack("cbound-sub-edges", .returned, body: "return ('abc'):sub(math.mininteger, math.mininteger)"),
    Attack("cbound-concat-range", .runtime, body: "return table.concat({}, ',', 1, math.maxinteger)"),
    Attack(
      "cbound-concat-range-end", .returned,
      body: "return table.concat({ [math.maxinteger] = 'x' }, ',', math.maxinteger, math.maxinteger)"),
    Attack(
      "cbound-concat-numbers", .runtime,
      body: "local t = {} for i = 1, 3000 do t[i] = 1e300 end return table.concat(t, (' '):rep(40))"),
    Attack(
      "cbound-format-many", .runtime, .budget,
      body: "return string.format(('%99d'):rep(1000), table.unpack({}, 1, 250))"),
    Attack("cbound-format-flags", .runtime, body: "return string.format('%-+ #0-+ #0d', 1)"),
    Attack("cbound-insert-huge", .runtime, body: "return table.insert({}, math.maxinteger, 1)"),
    Attack("cbound-remove-min", .runtime, body: "return table.remove({ 1 }, math.mininteger)"),
    Attack("cbound-unpack-edge", .runtime, body: "return table.unpack({}, math.maxinteger - 300, math.maxinteger)"),
    Attack("cbound-unpack-last", .returned, body: "return (table.unpack({}, math.maxinteger, math.maxinteger))"),
    Attack("cbound-byte-all", .runtime, body: "return (('a'):rep(300)):byte(1, -1)"),
    Attack("cbound-sort-error-inside", .runtime, body: "table.sort({ 3, 2, 1 }, function() error('inside') end)"),
    Attack(
      "cbound-sort-grows", .returned,
      body: "local t = { 3, 2, 1 } table.sort(t, function(a, b) t[#t + 1] = 1 return (a or 0) < (b or 0) end) return 1"),
    Attack("cbound-sort-mixed", .runtime, body: "table.sort({ 1, 'a', 2, 'b', 3 })"),
    Attack(
      "cbound-rehash-churn", .budget, .memory,
      body: """
        local t = {} for i = 1, 1024 do t['k' .. i] = i end
        local i = 0 while true do i = i + 1 t['k' .. i] = nil t['k' .. (i + 1024)] = 1 end
        """),
    Attack(
      "cbound-pairs-restart", .budget,
      body: "local t = {} for i = 1, 900 do t['k' .. i] = i end while true do for k in pairs(t) do break end end"),
    Attack(
      "cbound-next-walk", .budget,
      body:
        "local t = {} for i = 1, 900 do t['k' .. i] = i end while true do local k = next(t) while k do k = next(t, k) end end"
    ),
    Attack("cbound-tostring-flood", .budget, body: "while true do tostring(1e308) tostring(-0.1) end"),
    // Time.
    Attack("cpu-numeric-for-step", .budget, body: "for i = math.mininteger, math.maxinteger, 1 do end"),
    Attack("cpu-float-loop", .budget, body: "local x = 0.0 while x == x do x = x + 1 end"),
    Attack(
      "cpu-closures", .budget,
      body: "local f = function() end while true do f = (function(g) return function() return g end end)(1) end"),
    Attack("cpu-pcall-chain", .budget, body: "local function f() pcall(f) return f() end return f()"),
    Attack("cpu-error-loop", .budget, body: "while true do pcall(function() local x = nil; x.y = 1 end) end"),
    Attack(
      "cpu-vararg", .budget, .memory, body: "local function f(...) return f(select('#', ...), ...) end return f()"),
    Attack("cpu-field-flood", .budget, body: "local i = 0 while true do i = i + 1 local _ = e['f' .. i] end"),
    Attack("cpu-message-flood", .budget, body: "while true do local _ = e.message end"),
    Attack("cpu-native-flood", .budget, body: "while true do s.now:add() end"),
    Attack("cpu-constructor-flood", .budget, body: "while true do alert { evidence = { {}, {} } } end"),
    // Memory.
    Attack(
      "mem-string-table", .memory, .budget, body: "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end"),
    Attack("mem-key-flood", .memory, body: "local i = 0 while true do i = i + 1 s['k' .. i] = i end"),
    Attack("mem-nested-tables", .memory, body: "local t = {} while true do t = { t } end"),
    Attack(
      "mem-swallow", .memory,
      body: "local t = {} while true do pcall(function() while true do t[#t + 1] = {} end end) end"),
    Attack("mem-long-string", .memory, body: "local s = ('a'):rep(60000) return #(s .. s .. s .. s .. s .. s)"),
    Attack("mem-coercion", .memory, .budget, body: "local s = '' while true do s = s .. 1e300 .. 12345678901 end"),
    Attack(
      "mem-error-hoard", .memory, .budget,
      body: "local t = {} while true do t[#t + 1] = select(2, pcall(error, ('e'):rep(500) .. #t)) end"),
    // Reaching out.
    Attack("escape-string-index", .returned, body: "return ('').dump == nil and (''):rep(1) == ''"),
    Attack("escape-method-through-number", .runtime, body: "return (5):rep(3)"),
    Attack("escape-null-index", .runtime, body: "return null.x"),
    Attack("escape-record-method", .runtime, body: "return e:anything()"),
    Attack(
      "escape-state-metatable", .returned, body: "return s.__index == nil and s.__metatable == nil and e.__index == nil"
    ),
    Attack("escape-handle-forgery", .runtime, body: "return s.now.add('text')"),
    Attack("escape-handle-other", .runtime, body: "local add = s.now.add return add(e)"),
    Attack("escape-handle-write", .runtime, body: "s.now.__index = {}"),
    Attack("escape-env", .returned, body: "local _ENV = {} return x == nil"),
    Attack("escape-tagged-metatable", .returned, body: "local r = ring(3) r.__index = 1 return r.x == nil"),
    Attack("escape-close", .runtime, body: "local x <close> = {}"),
    Attack(
      "escape-gc-field", .returned, body: "local t = { __gc = error, __mode = 'kv', __index = error } t = nil return 1"),
    // Crashes.
    Attack("crash-parser-blocks", .load, body: String(repeating: "do ", count: 250)),
    Attack("crash-parser-functions", .load, body: String(repeating: "return function() ", count: 250)),
    Attack("crash-parser-concat", .load, body: "return " + String(repeating: "a .. ", count: 250) + "a"),
    Attack("crash-parser-power", .load, body: "return " + String(repeating: "2 ^ ", count: 250) + "2"),
    Attack("crash-parser-locals", .load, body: (1...220).map { "local a\($0) " }.joined()),
    Attack("crash-parser-upvalues", .load, .runtime, body: String(repeating: "local function f() ", count: 210)),
    Attack("crash-parser-tables", .load, body: "return " + String(repeating: "{", count: 500)),
    Attack("crash-parser-goto", .load, body: String(repeating: "goto a ", count: 1)),
    Attack("crash-parser-unfinished", .load, body: "return [==[ " + String(repeating: "]=", count: 500)),
    Attack("crash-parser-escape", .load, body: #"return "\u{80000000}""#),
    Attack("crash-parser-utf8", .load, body: "return 'ok' \u{202E} 1"),
    Attack("crash-index-brackets", .load, body: "local a = {} return a" + String(repeating: "[1]", count: 200)),
    Attack("crash-call-chain", .load, body: "return type" + String(repeating: "()", count: 200)),
    Attack("crash-method-chain", .load, body: "return s" + String(repeating: ":x()", count: 60)),
    Attack(
      "crash-many-returns", .runtime, .memory,
      body:
        "local function f(n, ...) if n == 0 then return ... end return f(n - 1, 1, ...) end return select('#', f(100000))"
    ),
    Attack("crash-gsub-in-gsub", .runtime, body: "local function f(s) return (s:gsub('.', f)) end return f('ab')"),
    Attack("crash-sort-in-sort", .runtime, body: "local function f() table.sort({ 2, 1 }, f) return true end f()"),
    Attack("crash-pcall-self", .returned, body: "return pcall(pcall, pcall, pcall)"),
    Attack("crash-error-in-error", .runtime, body: "error(setmetatable and 1 or { toString = error })"),
    Attack("crash-shift-edges", .returned, body: "return 1 << -1, 1 >> 64, 1 << math.mininteger, ~0 >> 63"),
    Attack(
      "crash-integer-divide", .returned,
      body: "return math.mininteger // -1, math.mininteger % -1, pcall(function() return 1 // 0 end)"),
    Attack("crash-float-integer", .runtime, body: "return 1e308 | 0"),
    Attack("crash-nan-key", .runtime, body: "local t = {} t[0 / 0] = 1"),
    Attack("crash-next-number", .runtime, body: "return next({}, 1)"),
    Attack("crash-select-edge", .runtime, body: "return select(math.mininteger, 1)"),
    Attack("crash-char-range", .runtime, body: "return string.char(256, -1)"),
    Attack("crash-format-nil", .runtime, body: "return string.format('%d', nil)"),
    Attack("crash-format-percent", .runtime, body: "return string.format('%')"),
    // Neighbours and determinism.
    Attack(
      "isolation-patch-methods", .returned, body: "string.upper = nil table.sort = nil math = nil return ('x'):upper()"),
    Attack("isolation-keep-event", .returned, body: "kept = kept or e return kept == e"),
    Attack("isolation-result-function", .runtime, body: "return { function() end }"),
    Attack("isolation-result-keys", .runtime, body: "return { [{}] = 1 }"),
    Attack("isolation-result-state", .returned, body: "return { s, e, s.now, null }"),
  ]

  @Test(
    "Each attack ends as it must, by steps or memory and not by the clock, and the next call works", arguments: attacks)
  func attack(_ attack: Attack) throws {
    var limits = LuaLimits()
    limits.deadline = .seconds(600)
    let fixture = try Fixture(limits: limits)
    try fixture.state.declare("now", type: 0, handle: 0)
    fixture.host.set("message", 0, .string(String(repeating: "m", count: 100)))
    let fine = try fixture.function("function(e, s) return #e.message end")
    for _ in 0..<2 {
      let ending: Ending
      var said = ""
      do {
        let on = try fixture.function("function(e, s) \(attack.body) end")
        said = "\(try fixture.call(on))"
        ending = .returned
      } catch let error as LuaError {
        said = error.description
        ending =
          switch error.kind {
          case .load: .load
          case .runtime: .runtime
          case .budget: .budget
          case .memory: .memory
          case .deadline, .internal: throw error
          }
        #expect(error.line > 0, "\(error)")
      }
      #expect(attack.endings.contains(ending), "\(attack.name): \(ending): \(said.prefix(200))")
      #expect(try fixture.call(fine) == .integer(100))
    }
    #expect(fixture.state.usage.peakMemoryBytes <= limits.memoryBytes)
  }
}
