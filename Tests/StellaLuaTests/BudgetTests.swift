import Testing

@testable import StellaLua

@Suite("Budgets") struct BudgetTests {
  private func limits(_ change: (inout LuaLimits) -> Void = { _ in }) -> LuaLimits {
    var limits = LuaLimits()
    limits.deadline = .seconds(600)
    change(&limits)
    return limits
  }

  @Test("A kill can't be caught, and the next call starts with a full budget")
  func sticky() throws {
    let fixture = try Fixture(limits: limits())
    let spin = try fixture.function(
      """
      function(e, s)
        local ok = pcall(function() while true do end end)
        s.survived = true
        return ok
      end
      """)
    let fine = try fixture.function("function(e, s) local n = 0 for i = 1, 60000 do n = n + 1 end return n end")
    for _ in 0..<3 {
      let error = failure { _ = try fixture.call(spin) }
      #expect(error?.kind == .budget)
      #expect(error?.message == "step budget of 200000 used up")
      #expect(error?.line == 2)
      #expect(try fixture.state.savedKey(0) == .nil)
      #expect(try fixture.call(fine) == .integer(60_000))
    }
    #expect(fixture.state.usage.failures == [.budget: 3])
  }

  @Test(
    "Work inside one library call takes steps and can be killed there",
    arguments: [
      "for i = 1, 1e9 do ('a'):rep(60000) end", "local s = ('a'):rep(60000) while true do s:upper() end",
      "local s = ('a'):rep(60000) while true do s:find('b', 1, true) end",
      "local s = ('a'):rep(60000) while true do s:find('%d') end",
      "('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))",
      "local s = ('a'):rep(60000) while true do s:gsub('b', '') end",
      "local s = ('ab'):rep(30000) while true do for w in s:gmatch('%u') do end end",
      "local t = {} for i = 1, 2000 do t[i] = i * 7919 % 2003 end while true do table.sort(t) end",
      "local t = {} for i = 1, 2000 do t[i] = 'x' end while true do table.concat(t) end",
      "while true do string.format('%99.99f', 1e308) end", "while true do string.format('%s', ('a'):rep(5000)) end",
      "local t = {} for i = 1, 2000 do t[i] = i end while true do table.insert(t, 1, table.remove(t, 1)) end",
      "local t = {} for i = 1, 200 do t[i] = i end while true do select('#', table.unpack(t)) end",
      "local t = {} for i = 1, 500 do t['k' .. i] = i end while true do for k in pairs(t) do break end end",
      "local t = {} for i = 1, 500 do t['k' .. i] = i end while true do next(t) end",
      "local s = ('9'):rep(60000) while true do tonumber(s) tonumber(s, 10) end",
      "local s = ('a'):rep(60000) while true do s:startswith(s) s:endswith(s) end",
      "local s = ('a'):rep(60000) while true do s:contains('ab') end",
      "local s = ('a'):rep(30000) while true do local _ = s .. 'b' end", "while true do local _ = {} end",
      "while true do local _ = function() return i end end", "while true do alert { value = 1 } end",
      "while true do pcall(error, 'x') end",
    ])
  func covered(body: String) throws {
    let fixture = try Fixture(limits: limits())
    let on = try fixture.function("function(e, s) \(body) end")
    let error = failure { _ = try fixture.call(on) }
    #expect(error?.kind == .budget, "\(body): \(String(describing: error))")
    #expect(fixture.state.usage.lastSteps < 300_000, "\(body)")
  }

  @Test("Memory stays below the cap and the state recovers from reaching it")
  func memory() throws {
    let fixture = try Fixture(limits: limits { $0.memoryBytes = 64 * 1024 })
    let hoard = try fixture.function(
      "function(e, s) local t = {} for i = 1, 1e6 do t[i] = 'text number ' .. i end end")
    let caught = try fixture.function(
      "function(e, s) local t = {} pcall(function() for i = 1, 1e6 do t[i] = 'text number ' .. i end end) return 1 end")
    let fine = try fixture.function("function(e, s) local t = {} for i = 1, 100 do t[i] = i end return #t end")
    for function in [hoard, caught, hoard, caught] {
      let error = failure { _ = try fixture.call(function) }
      #expect(error?.kind == .memory)
      #expect(error?.message == "memory limit of 65536 bytes reached")
      #expect(try fixture.call(fine) == .integer(100))
    }
    #expect(fixture.state.usage.peakMemoryBytes <= 64 * 1024)
    #expect(fixture.state.usage.memoryBytes < 32 * 1024)
  }

  @Test(
    "Memory that ends at any point of making, loading, calling and saving is an error of kind memory, never a crash")
  func memoryEndsAnywhere() {
    let source = """
      local t = {} for i = 1, 10 do t[i] = { i, ("x"):rep(i * 8) } end
      return function(e, s)
        s.words = s.words or {}
        for w in ("some words to keep"):gmatch("%a+") do s.words[w] = #w end
        for k, v in pairs(s.words) do t[1] = k .. v end
        return alert { value = string.format("%s %d", t[1], #t), list = s.words, json = e.tags }
      end
      """
    var succeeded = 0
    for bytes in stride(from: 0, to: 24 * 1024, by: 64) {
      let error = failure {
        let fixture = try Fixture(limits: limits { $0.memoryBytes = bytes })
        fixture.host.setJSON("tags", "[1,2,3]")
        guard case .function(let on) = try fixture.load(source) else { return }
        _ = try fixture.call(on)
        let saved = try fixture.state.savedKey(0)
        try fixture.state.restoreKey(1, saved)
        succeeded += 1
      }
      if let error { #expect(error.kind == .memory, "\(bytes): \(error)") }
    }
    #expect(succeeded > 10)
  }

  @Test("The load has its own, larger budget")
  func load() throws {
    let fixture = try Fixture(limits: limits())
    #expect(
      try fixture.evaluate("(function() local n = 0 for i = 1, 300000 do n = n + 1 end return n end)()")
        == .integer(300_000))
    let error = failure { _ = try fixture.load("local n = 0\nwhile true do n = n + 1 end") }
    #expect(error?.kind == .budget)
    #expect(error?.message == "step budget of 2000000 used up")
    #expect(error?.line == 2)
  }

  @Test("The deadline stops what takes no steps")
  func deadline() throws {
    var limits = LuaLimits()
    limits.stepsPerCall = Int(Int32.max)
    limits.deadline = .milliseconds(2)
    let fixture = try Fixture(limits: limits)
    let spin = try fixture.function("function(e, s)\n  while true do pcall(function() while true do end end) end\nend")
    let error = failure { _ = try fixture.call(spin) }
    #expect(error?.kind == .deadline)
    #expect(error?.line == 2)
    #expect(fixture.state.usage.failures == [.deadline: 1])
  }

  /// `z`, `a` and `b` are strings of 60,000 bytes that are alike but for the end.
  private func longStrings(_ byte: String) -> String {
    "local z = ('\(byte)'):rep(60000) local a, b, n = z .. 'a', z .. 'b', 0 "
  }

  /// With the usual deadline, and memory for some long strings.
  private func roomy() throws -> Fixture {
    var limits = LuaLimits()
    limits.memoryBytes = 1024 * 1024
    return try Fixture(limits: limits)
  }

  @Test(
    "A call whose instructions are slow is stopped in a fifth of the deadline",
    arguments: [
      "while true do if a < b then n = n + 1 end end", "while true do n = a <= b n = a > b end",
      "while true do local c = z .. 'c' n = a < b n = b < c n = c < a end",
      "while true do pcall(function() while true do n = a < b end end) end",
      "while true do table.sort({ b, a, z }, function(x, y) return x < y end) end",
      "s.a, s.b = a, b while true do n = s.a < s.b end",
    ])
  func slowSteps(body: String) throws {
    let fixture = try roomy()
    let on = try fixture.function("function(e, s) \(longStrings("\\0"))\(body) end")
    for _ in 0..<2 {
      let error = failure { _ = try fixture.call(on) }
      #expect(error?.kind == .deadline)
      #expect(error?.message == "time limit of 4 ms for slow steps reached", "\(body)")
      #expect(error?.line == 1)
    }
  }

  @Test("Strings that were made at load or in an earlier call are as slow, and are stopped as early")
  func slowStepsOfEarlierStrings() throws {
    let fixture = try roomy()
    let loaded = try fixture.load(
      longStrings("\\0") + "return function(e, s) while true do if a < b then n = n + 1 end end end")
    guard case .function(let ofLoad) = loaded else { throw LuaHostError("no function") }
    let keep = try fixture.function("function(e, s) \(longStrings("\\0")) s.a, s.b = a, b end")
    let compare = try fixture.function("function(e, s) local a, b, n = s.a, s.b while true do n = a < b end end")
    _ = try fixture.call(keep)
    for function in [ofLoad, compare] {
      let error = failure { _ = try fixture.call(function) }
      #expect(error?.message == "time limit of 4 ms for slow steps reached")
    }
  }

  @Test("Long strings that are only looked at or passed on use up steps like any other call")
  func longStringsInOrdinaryUse() throws {
    let fixture = try Fixture(limits: limits())
    let on = try fixture.function(
      "function(e, s) \(longStrings("q")) local t = { a, b } while true do n = n + #t[1 + n % 2] end end")
    let error = failure { _ = try fixture.call(on) }
    #expect(error?.message == "step budget of 200000 used up")
  }

  @Test("Steps are the same whether or not long strings of earlier calls are still in memory")
  func longStringsAndSteps() throws {
    let source = """
      function(e, s)
        local n, kept = 0, {}
        for i = 1, 37 do n = n + i end
        for i = 1, 5 do
          kept[i] = ("x"):rep(1500 * i) .. i
          for j = 1, 61 * i do n = n + #kept[i] end
        end
        return n
      end
      """
    var runs: [[Int]] = []
    for earlier in [0, 1, 4_000, 5_000, 50_000] {
      let fixture = try Fixture(limits: limits())
      if earlier > 0 { _ = try fixture.load("junk = ('j'):rep(\(earlier)) .. 'k'") }
      let on = try fixture.function(source)
      runs.append(
        try (0..<50).map { _ in
          _ = try fixture.call(on)
          return fixture.state.usage.lastSteps
        })
    }
    for run in runs { #expect(run == Array(repeating: runs[0][0], count: 50)) }
    #expect(runs[0][0] > 1_000)
  }

  @Test("Callbacks may be nested sixteen deep")
  func nesting() throws {
    let fixture = try Fixture(limits: limits())
    let deep = "local function f(n) if n == 0 then return 0 end return 1 + select(2, pcall(f, n - 1)) end return f(%)"
    #expect(try fixture.load(deep.replacing("%", with: "16")) == .integer(16))
    #expect(failure { _ = try fixture.load(deep.replacing("%", with: "17")) }?.kind == .runtime)
    let gsub =
      "local function f(n) if n == 0 then return '' end return (('a'):gsub('a', function() return f(n - 1) end)) end return f(%)"
    #expect(try fixture.load(gsub.replacing("%", with: "16")) == .string(""))
    #expect(
      failure { _ = try fixture.load(gsub.replacing("%", with: "17")) }?.message
        == "callbacks are nested deeper than 16")
  }

  @Test("The same script and input take the same number of steps in every state")
  func deterministicSteps() throws {
    let source = """
      function(e, s)
        s.seen = s.seen or {}
        s.n = (s.n or 0) + 1
        s.seen["key" .. s.n % 37] = { s.n }
        s.seen["key" .. (s.n * 7) % 41] = nil
        local words = {}
        for w in e.message:gmatch("%w+") do words[#words + 1] = w:upper() end
        table.sort(words)
        for k, v in pairs(s.seen) do words[#words + 1] = k end
        return (table.concat(words, ","):gsub("[aeiou]", string.upper))
      end
      """
    var runs: [[Int]] = []
    for run in 0..<4 {
      let fixture = try Fixture(limits: limits())
      fixture.host.set("message", 0, .string("connection refused by 10.1.2.3 after 300 ms"))
      // A different past must not show: another heap, other collections.
      if run > 1 { _ = try fixture.load("junk = {} for i = 1, \(run * 300) do junk['j' .. i] = { i } end") }
      let on = try fixture.function(source)
      runs.append(
        try (0..<200).map { _ in
          _ = try fixture.call(on)
          return fixture.state.usage.lastSteps
        })
    }
    for run in runs.dropFirst() { #expect(run == runs[0]) }
    #expect(runs[0].allSatisfy { $0 > 100 })
  }

  @Test("A hundred thousand calls need no more memory than a thousand")
  func steadyMemory() throws {
    let fixture = try Fixture()
    fixture.host.set("message", 0, .string(String(repeating: "m", count: 200)))
    let on = try fixture.function("function(e, s) if e.message == 'x' then return 1 end s.last = e.message .. '!' end")
    for _ in 0..<1_000 { _ = fixture.state.callHot(on, eventIndex: 0, keySlot: 0) }
    let peak = fixture.state.usage.peakMemoryBytes
    for _ in 0..<100_000 { _ = fixture.state.callHot(on, eventIndex: 0, keySlot: 0) }
    #expect(fixture.state.usage.peakMemoryBytes <= peak + 1024)
    #expect(peak < 64 * 1024)
    #expect(fixture.state.usage.collections > 100)
  }
}
