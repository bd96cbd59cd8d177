import StellaModel
import Testing

@testable import StellaDetection
@testable import StellaEngine

@Suite("Conditions of scripts, worked out again") struct ScriptEvaluationTests {
  private func part(_ condition: String, calls: [(String, String, FieldValue)] = []) -> ScriptEvaluation.Part? {
    let source = Array("if \(condition) then return alert {} end".utf8)
    let syntax = ScriptSyntax(source)
    guard let found = syntax.conditions.first else { return nil }
    var evaluation = ScriptEvaluation(
      found.tokens, source: source,
      variables: ["a": .integer(3), "b": .double(1.5), "none": .null, "s1": .string("x")],
      parameters: ["least": .integer(4)],
      fields: ["e.size": .integer(9), "e.http.status": .integer(500), "e.none": .null],
      calls: calls.map { .init(line: 1, state: $0.0, method: $0.1, arguments: [], result: $0.2) })
    return evaluation.evaluate()
  }

  @Test(
    "Arithmetic, comparisons, logic and calls come to what Lua makes of them",
    arguments: [
      ("a > 2", true), ("a * 2 + 1 >= 7", true), ("a - 1 - 1 == 1", true), ("not (a > 2)", false),
      ("a > 5 or b < 2", true), ("a > 5 and unknown > 3", false), ("none", false), ("none == nil", true),
      ("a >= p.least", false), ("math.max(a, b, 7) == 7", true), ("s1 == \"x\"", true), ("s1 ~= 'x'", false),
      ("-a < 0", true), ("a // 2 == 1 and a % 2 == 1", true), ("(a)", true), ("a / 2 > b", false),
      ("e.size > a", true), ("e.http.status >= 500 and e.size == 9", true), ("e.none == nil", true),
    ])
  func values(condition: String, holds: Bool) throws {
    #expect(try #require(part(condition)).holds == holds, "\(condition)")
  }

  @Test(
    "What isn't known is not guessed", arguments: ["unknown > 3", "a > 2 and unknown", "t[1] > 2", "f(a)", "#a > 2"])
  func unknown(condition: String) { #expect(part(condition)?.holds == nil) }

  @Test("The event's name is found, and its members with their lines; calls and other tables have none") func members()
  {
    let syntax = ScriptSyntax(
      Array(
        """
        local other = {}
        return rule { id = "x", on = function(ev, s)
          if ev.size > 3 and other.ev.size then
            s.n:add(ev.http.status, ev.call(1), ev:method(), ev["size"], "ev.text") -- ev.comment
          end
        end }
        """.utf8))
    #expect(syntax.eventName == "ev")
    #expect(syntax.members(of: "ev").map { "\($0.line) \($0.text)" } == ["3 ev.size", "4 ev.http.status"])
    #expect(ScriptSyntax(Array("return rule { id = \"x\", on = handler }".utf8)).eventName == nil)
  }

  @Test("Answers of calls go to the calls in the order in which they run, and none to what is not run")
  func calls() throws {
    let answers: [(String, String, FieldValue)] = [
      ("n", "count", .integer(2)), ("n", "count", .integer(9)), ("m", "count", .integer(5)),
    ]
    let both = try #require(part("s.n:count() > 1 and s.n:count(\"1m\") > 10 and s.m:count() > 1", calls: answers))
    #expect(both.holds == false && both.culprits.map(\.text) == [#"s.n:count("1m") > 10"#])
    #expect(both.culprits.map(\.shown) == ["9 > 10"])
    let either = try #require(part("s.n:count() > 5 or s.m:count() > 7", calls: [answers[0], answers[2]]))
    #expect(either.culprits.map(\.shown) == ["2 > 5", "5 > 7"])
  }

  @Test("Conditions on the way to an alert are found with their lines; texts and comments hide nothing")
  func syntax() {
    let source = """
      -- if fake then return alert {} end
      local text = "if x then" .. [[ if
        y then ]]
      if a
        and b then
        if not c then return end
        for i = 1, 3 do if i > 2 then d = 1 end end
        return alert { value = "end" }
      elseif e then return alert {} end
      return f > 2 and alert {}
      """
    let found = ScriptSyntax(Array(source.utf8)).conditions
    #expect(found.map(\.lines) == [4...5, 6...6, 9...9, 10...10])
    #expect(found.map(\.mustHold) == [true, false, true, true])
    #expect(found.map { $0.tokens.map(\.text).joined(separator: " ") } == ["a and b", "not c", "e", "f > 2"])
    #expect(found[0].bodyLine == 6)
    for cut in 0..<source.utf8.count { _ = ScriptSyntax(Array(source.utf8.prefix(cut))) }
  }
}
