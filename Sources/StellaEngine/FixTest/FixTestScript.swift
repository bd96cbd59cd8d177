import StellaLua
import StellaModel
import StellaScripting

/// A loaded file of tests of a fix.
typealias FixTestScript<Place: FixTestPlace> = TestScript<FixTestRun<Place>>

extension TestScript {
  convenience init<Place: FixTestPlace>(_ file: RuleSource) throws(RuleError) where World == FixTestRun<Place> {
    func function(_ body: @escaping ([LuaValue], World) throws(RuleTestFailure) -> Void) -> Function {
      { arguments, run in
        do throws(RuleTestFailure) {
          try body(arguments, run)
          return .success(.nil)
        } catch {
          return .failure(error)
        }
      }
    }
    try self.init(
      file, begin: FixTestPrelude.begin, end: FixTestPrelude.end,
      outside: "databases and expectations belong into test(\"…\", function(t) … end)",
      methods: FixTestLanguage.methods.map(\.name),
      functions: [
        "stella_test.database": function { arguments, run throws(RuleTestFailure) in
          try run.database(arguments[0], arguments[1])
        },
        "stella_test.given": function { arguments, run throws(RuleTestFailure) in try run.given(arguments[0]) },
        "stella_test.alert": function { arguments, run throws(RuleTestFailure) in try run.alert(arguments[0]) },
        "stella_test.expect": function { arguments, run throws(RuleTestFailure) in try run.expect(arguments[0]) },
        "stella_test.after": { arguments, run in
          do throws(RuleTestFailure) {
            return .success(
              try run.after(arguments[0], arguments[1], isWanted: arguments[2] == .bool(true), arguments[3]))
          } catch {
            return .failure(error)
          }
        },
      ])
  }
}
