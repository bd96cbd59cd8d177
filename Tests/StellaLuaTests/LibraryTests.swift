import Testing

@testable import StellaLua

@Suite("Library") struct LibraryTests {
  @Test("A script reaches exactly what is listed: everything listed is there, nothing else is")
  func allowList() throws {
    let state = try LuaState()
    let listed =
      LuaLibrary.sandboxNames + ["string metatable.__index"]
      + LuaLibrary.stringMethods.map { "string metatable.__index.\($0)" }
    #expect(try state.reachableNames() == listed.sorted())
  }

  @Test("A library adds exactly its names")
  func libraryNames() throws {
    let fixture = try Fixture(functions: ["a.b.c": { _ in .nil }, "plain": { _ in .nil }])
    let added = ["a", "a.b", "a.b.c", "plain", "rule", "alert", "window", "window.count", "ring"]
    let before = try LuaState().reachableNames()
    #expect(try fixture.state.reachableNames() == (before + added).sorted())
  }

  @Test("A library name that a script takes away stays away, and a name of its own hides the library's")
  func libraryNamesChange() throws {
    let fixture = try Fixture()
    #expect(
      try fixture.load("local w = window window = nil return { window == nil, type(w.count), rule ~= nil }")
        == .table(LuaTable(array: [.bool(true), .string("function"), .bool(true)])))
    #expect(try fixture.load("alert = 5 return alert") == .integer(5))
    #expect(try fixture.evaluate("windo == nil and _ENV['window.count'] == nil and _ENV[1] == nil") == .bool(true))
    #expect(try Fixture().evaluate("window.count == window.count and window.sum == nil") == .bool(true))
  }

  @Test("What was left out of Lua's library is nil")
  func leftOut() throws {
    let fixture = try Fixture()
    for name in [
      "setmetatable", "getmetatable", "rawget", "rawset", "rawequal", "rawlen", "coroutine", "xpcall", "load",
      "loadstring", "loadfile", "dofile", "require", "package", "collectgarbage", "print", "warn", "io", "os", "debug",
      "utf8", "_G", "_VERSION", "string.dump", "string.pack", "string.unpack", "string.packsize", "table.move",
      "math.random", "math.randomseed",
    ] {
      #expect(try fixture.evaluate("\(name) == nil") == .bool(true), "\(name)")
    }
  }

  @Test(
    "Expressions have Lua's values",
    arguments: [
      (#"("x"):rep(3, "-")"#, LuaValue.string("x-x-x")), (#"("a,b"):find(",", 1, true)"#, .integer(2)),
      (#"("héllo"):upper()"#, .string("HéLLO")), (#"("abc"):reverse()"#, .string("cba")),
      (#"("abc"):sub(-2)"#, .string("bc")), (#"("abc"):byte(2)"#, .integer(98)),
      ("string.char(72, 105)", .string("Hi")),
      (#"("key=value"):match("(%w+)=(%w+)")"#, .string("key")), (#"("a.b.c"):gsub("%.", "/")"#, .string("a/b/c")),
      (#"("hello"):gsub("l", { l = "L" })"#, .string("heLLo")),
      (#"("hello"):gsub("l", function(c) return c:upper() end, 1)"#, .string("heLlo")),
      (#"string.format("%5.1f|%-4s|%04d|%x|%q", 3.14159, "ab", 7, 255, 1)"#, .nil),
      (
        #"string.format("%5.1f|%-4s|%04d|%x|%%|%c|%i", 3.14159, "ab", 7, 255, 65, 3)"#,
        .string("  3.1|ab  |0007|ff|%|A|3")
      ),
      (#"string.format("%s %s %s %s", nil, true, null, 1.5)"#, .string("nil true null 1.5")),
      (#"string.format("%.2s|%3s|%g", "abc", "z", 1e100)"#, .string("ab|  z|1e+100")),
      ("tostring({})", .string("table")), ("tostring(print or tostring)", .string("function")),
      ("tostring(null)", .string("null")), ("type(null)", .string("null")), ("null == null", .bool(true)),
      ("null == nil", .bool(false)), ("tonumber('0x10')", .integer(16)), ("tonumber('  12  ')", .integer(12)),
      ("tonumber('z', 36)", .integer(35)), ("tonumber('-ff', 16)", .integer(-255)), ("tonumber('1e1')", .double(10)),
      ("tonumber('12a')", .nil), ("tonumber('')", .nil), ("tonumber('8', 8)", .nil),
      ("math.type(1)", .string("integer")),
      ("math.type(1.0)", .string("float")), ("math.tointeger(3.0)", .integer(3)), ("math.floor(-2.5)", .integer(-3)),
      ("math.ceil(2.1)", .integer(3)), ("math.max(1, 5, 3)", .integer(5)), ("math.min(2.5, 1)", .integer(1)),
      ("math.fmod(-7, 3)", .integer(-1)), ("math.fmod(math.mininteger, -1)", .integer(0)),
      ("math.abs(math.mininteger)", .integer(.min)), ("math.ult(1, -1)", .bool(true)), ("math.modf(-3.7)", .double(-3)),
      ("7 // 2", .integer(3)), ("1 << 62", .integer(1 << 62)), ("9007199254740993", .integer(9_007_199_254_740_993)),
      ("select('#', nil, nil)", .integer(2)), ("select(-1, 1, 2, 3)", .integer(3)),
      ("table.concat({1, 'b', 2.5}, '-')", .string("1-b-2.5")), ("table.pack(1, nil, 3).n", .integer(3)),
      ("select('#', table.unpack({1, 2, nil, 4}, 1, 4))", .integer(4)), ("#{n = 1, 1, 2}", .integer(2)),
      ("table.remove({1, 2, 3}, 1)", .integer(1)), ("('usr_1'):startswith('usr_')", .bool(true)),
      ("('a.log'):endswith('.log')", .bool(true)), ("('x'):endswith('long')", .bool(false)),
      ("('timeout now'):contains('out n')", .bool(true)), ("('a'):contains('')", .bool(true)),
      ("('a.b'):contains('.b')", .bool(true)), ("pcall(error, 'x')", .bool(false)), ("next({})", .nil),
      ("('%d+'):len()", .integer(3)), ("#('é')", .integer(2)), ("('\\xff'):byte()", .integer(255)),
    ])
  func values(expression: String, expected: LuaValue) throws {
    let fixture = try Fixture()
    if expected == .nil, expression.contains("%q") {
      #expect(failure { _ = try fixture.evaluate(expression) }?.message == "invalid conversion '%q' to 'format'")
    } else {
      #expect(try fixture.evaluate("(\(expression))") == expected, "\(expression)")
    }
  }

  @Test("insert, remove, sort and gmatch change what they should")
  func tables() throws {
    let fixture = try Fixture()
    let value = try fixture.load(
      """
      local t = { 5, 2, 9 }
      table.insert(t, 7)
      table.insert(t, 1, 1)
      table.remove(t, 2)
      table.sort(t)
      local names = { "b", "a", "C", "aa", "" }
      table.sort(names, function(x, y) return x > y end)
      local words = {}
      for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do words[#words + 1] = k .. v end
      return { t, names, words, table.remove({}), #t }
      """)
    func integers(_ numbers: Int64...) -> LuaValue { .table(LuaTable(array: numbers.map { .integer($0) })) }
    func strings(_ texts: String...) -> LuaValue { .table(LuaTable(array: texts.map { .string($0) })) }
    guard case .table(let table) = value else { throw LuaHostError("no table") }
    #expect(table.array == [integers(1, 2, 7, 9), strings("b", "aa", "a", "C", ""), strings("a1", "b2")])
  }

  @Test("Sorting random numbers and strings puts them in order")
  func sorting() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("sort: seed \(seed)")
    var random = SplitMix(state: seed)
    let fixture = try Fixture()
    let sort = try fixture.function("function(t) table.sort(t) return t end")
    for count in [0, 1, 2, 3, 10, 100, 500] {
      let numbers = (0..<count).map { _ in Int64.random(in: -50...50, using: &random) }
      let input = LuaValue.table(LuaTable(array: numbers.map { .integer($0) }))
      let sorted = LuaValue.table(LuaTable(array: numbers.sorted().map { .integer($0) }))
      #expect(try fixture.state.call(sort, [.value(input)]) == sorted)
      let texts = numbers.map { String($0 &* 7919) }
      let textInput = LuaValue.table(LuaTable(array: texts.map { .string($0) }))
      let textSorted = LuaValue.table(LuaTable(array: texts.sorted().map { .string($0) }))
      #expect(try fixture.state.call(sort, [.value(textInput)]) == textSorted)
    }
  }

  @Test("pairs and next visit 1…n, then integers, then other numbers, then strings by bytes, then booleans")
  func order() throws {
    let fixture = try Fixture()
    let build =
      "local t = { 'a', 'b', [10] = 1, [-3] = 2, [0] = 3, [2.5] = 4, [-0.5] = 5, z = 6, a = 7, ab = 8,"
      + " ['é'] = 9, [''] = 10, [true] = 11, [false] = 12 } "
    let walk = "local keys = {} for k in pairs(t) do keys[#keys + 1] = tostring(k) end return table.concat(keys, ' ')"
    let walkNext =
      "local keys, k = {}, next(t) while k ~= nil do keys[#keys + 1] = tostring(k) k = next(t, k) end"
      + " return table.concat(keys, ' ')"
    let expected = LuaValue.string("1 2 -3 0 10 -0.5 2.5  a ab z é false true")
    #expect(try fixture.load(build + walk) == expected)
    #expect(try fixture.load(build + walkNext) == expected)
    #expect(
      failure { _ = try fixture.load("local t = { [{}] = 1 } for k in pairs(t) do end") }?.message
        == "keys of type table have no order to visit them in; use strings or numbers as keys")
  }

  @Test("pairs visits random tables in one order in every state, whatever the order of insertion")
  func orderIsTheSameEverywhere() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("pairs: seed \(seed)")
    var random = SplitMix(state: seed)
    for _ in 0..<20 {
      var keys = (0..<60).map { index in
        index % 3 == 0
          ? "[\(Int.random(in: -20...20, using: &random))]" : "['k\(Int.random(in: 0...99, using: &random))']"
      }
      var results: Set<String> = []
      for _ in 0..<3 {
        let source =
          "local t = {} " + keys.map { "t\($0) = true " }.joined()
          + "t.k1 = nil t[3] = nil local out = {} for k in pairs(t) do out[#out + 1] = tostring(k) end"
          + " return table.concat(out, ',')"
        guard case .string(let text) = try Fixture().load(source) else { throw LuaHostError("no text") }
        results.insert(text)
        keys.shuffle(using: &random)
      }
      #expect(results.count == 1, "seed \(seed)")
    }
  }

  @Test("During pairs, changing and removing is seen, and new keys are not visited")
  func changesDuringPairs() throws {
    let fixture = try Fixture()
    let value = try fixture.load(
      """
      local t, seen = { 1, 2, 3, a = 1, b = 2, c = 3 }, {}
      for k, v in pairs(t) do
        seen[#seen + 1] = tostring(k) .. "=" .. tostring(v)
        if k == 2 then t[2] = nil end
        if k == "a" then t.b = nil t.c = 30 t.d = 4 end
      end
      return table.concat(seen, " ")
      """)
    #expect(value == .string("1=1 2=2 3=3 a=1 c=30"))
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
