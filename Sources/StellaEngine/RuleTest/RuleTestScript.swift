import StellaLua
import StellaModel
import StellaScripting

/// A loaded file of tests of rules.
typealias RuleTestScript = TestScript<RuleTestRun>

extension TestScript where World == RuleTestRun {
  convenience init(_ file: RuleSource) throws(RuleError) {
    func function(_ body: @escaping ([LuaValue], RuleTestRun) throws(RuleTestFailure) -> Void) -> Function {
      { arguments, run in
        do throws(RuleTestFailure) {
          try body(arguments, run)
          return .success(.nil)
        } catch {
          return .failure(error)
        }
      }
    }
    func text(_ value: LuaValue) -> String? {
      if case .string(let text) = value { text } else { nil }
    }
    try self.init(
      file, begin: RuleTestPrelude.begin, end: RuleTestPrelude.end,
      outside: "events are fed and expected inside of test(\"…\", function(t) … end)",
      methods: (RuleTestLanguage.methods + RuleTestLanguage.feedMethods).map(\.name),
      functions: [
        "stella_test.use": function { arguments, run throws(RuleTestFailure) in try run.use(arguments[0]) },
        "stella_test.params": function { arguments, run throws(RuleTestFailure) in
          try run.setParameters(arguments[0], arguments[1])
        },
        "stella_test.feed": function { arguments, run throws(RuleTestFailure) in
          guard case .integer(let count) = arguments[1] else { throw RuleTestFailure("times needs a whole number") }
          try run.feed(arguments[0], count: Int(count), every: text(arguments[2]), after: text(arguments[3]))
        },
        "stella_test.at": function { arguments, run throws(RuleTestFailure) in try run.at(arguments[0]) },
        "stella_test.replay": function { arguments, run throws(RuleTestFailure) in try run.replay(arguments[0]) },
        "stella_test.advance": function { arguments, run throws(RuleTestFailure) in try run.advance(arguments[0]) },
        "stella_test.expect": function { arguments, run throws(RuleTestFailure) in try run.expect(arguments[0]) },
      ])
  }
}
