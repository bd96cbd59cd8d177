import Testing

@testable import StellaLua

@Suite("Lines that can run") struct ExecutableLinesTests {
  private func lines(_ source: String) -> [Int]? { ExecutableLines(of: Array(source.utf8))?.functions }

  @Test("They are those of all functions, also of ones that nobody has made yet, and none of the main part")
  func functions() {
    let source = """
      local limit = 3
      local function outer(e)
        local n = 0
        local function inner(x)
          return x + 1
        end
        if e then
          return inner(n)
        else
          n = n + limit
        end
        return n
      end
      return { on = outer, check = function(s) return s end }
      """
    #expect(lines(source) == [3, 5, 6, 7, 8, 10, 12, 14])
  }

  @Test("The end of a function and the way out of a branch that returns are no lines of their own")
  func ends() {
    let source = """
      return function(e, ...)
        if e.a then
          return {
            v = 1,
          }
        elseif e.b then
          return alert {
            v = e.b,
          }
        end
      end
      """
    #expect(lines(source) == [2, 3, 4, 5, 6, 7, 8])
  }

  @Test("Lines far apart, long texts and all kinds of constants are read")
  func constants() {
    let gap = String(repeating: "\n", count: 300)
    let text = String(repeating: "x", count: 20_000)
    let source =
      "return function()\nlocal a, b, c, d = 1, 2.5, \"\(text)\", nil\(gap)return a == 1e300, b, c, d, true, false\nend"
    #expect(lines(source) == [2, 302])
  }

  @Test("A script that isn't one has none, and one without functions has an empty list")
  func none() {
    #expect(lines("return {") == nil)
    #expect(lines("\u{1b}Lua") == nil)
    #expect(lines("return 1") == [])
    #expect(lines("\u{feff}return function() return 1 end") == [1])
  }

  @Test("Every line that runs is one that can run") func agreesWithTraces() throws {
    let source = """
      function(e, s)
        local n = 0
        for i = 1, 10 do
          if i % 3 == 0 then
            goto next
          elseif i == 8 then
            break
          end
          n = n + (function(x)
            return x * 2
          end)(i)
          ::next::
        end
        while n > 5 do
          n = n - 1
        end
        repeat
          local done = true
          n = n + 1
        until done or n > 100
        return n
      end
      """
    let fixture = try Fixture()
    let function = try fixture.function(source)
    fixture.state.traceLines(upTo: 30)
    _ = try fixture.call(function)
    let ran = Set(fixture.state.takeLines())
    let can = Set(try #require(lines("return " + source)))
    // A closing end is noted when it runs and is no line of its own.
    #expect(ran.subtracting(can).isSubset(of: [8, 11, 22]))
    #expect(can.subtracting(ran).isEmpty, "\(can.subtracting(ran))")
  }
}
