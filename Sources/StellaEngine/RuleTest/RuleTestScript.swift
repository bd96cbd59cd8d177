import StellaLua
import StellaModel
import StellaScripting

/// A loaded test file with its cases.
final class RuleTestScript {
  struct Case {
    let name: String
    let line: Int
    let run: LuaFunction
  }

  struct Failure {
    let message: String
    let line: Int
  }

  private let state: LuaState
  private(set) var cases: [Case] = []
  private let current = Current()

  /// Where calls of the case in hand go.
  private final class Current { var run: RuleTestRun? }

  private static var limits: LuaLimits {
    var limits = LuaLimits()
    limits.memoryBytes = 16 << 20
    limits.stepsPerCall = 50_000_000
    limits.sourceBytes = 1 << 20
    limits.stringBytes = 1 << 20
    // The backstop counts the work of rules on replayed files too.
    limits.deadline = .seconds(120)
    return limits
  }

  init(_ file: RuleSource) throws(RuleError) {
    let current = current
    func function(_ body: @escaping ([LuaValue], RuleTestRun) throws(RuleTestFailure) -> Void) -> LuaHostFunction {
      { arguments throws(LuaHostError) in
        guard let run = current.run else {
          return .string("events are fed and expected inside of test(\"…\", function(t) … end)")
        }
        do throws(RuleTestFailure) {
          try body(arguments + Array(repeating: .nil, count: max(0, 4 - arguments.count)), run)
          return .nil
        } catch {
          return .string(error.message)
        }
      }
    }
    let library = LuaLibrary(functions: [
      "stella_test.use": function { arguments, run throws(RuleTestFailure) in try run.use(arguments[0]) },
      "stella_test.params": function { arguments, run throws(RuleTestFailure) in
        try run.setParameters(arguments[0], arguments[1])
      },
      "stella_test.feed": function { arguments, run throws(RuleTestFailure) in
        guard case .integer(let count) = arguments[1] else { throw RuleTestFailure("times needs a whole number") }
        try run.feed(
          arguments[0], count: Int(count), every: RuleTestScript.text(arguments[2]),
          after: RuleTestScript.text(arguments[3]))
      },
      "stella_test.at": function { arguments, run throws(RuleTestFailure) in try run.at(arguments[0]) },
      "stella_test.replay": function { arguments, run throws(RuleTestFailure) in try run.replay(arguments[0]) },
      "stella_test.advance": function { arguments, run throws(RuleTestFailure) in try run.advance(arguments[0]) },
      "stella_test.expect": function { arguments, run throws(RuleTestFailure) in try run.expect(arguments[0]) },
    ])
    do throws(LuaError) {
      state = try LuaState(limits: RuleTestScript.limits, library: library)
      let source = Array(RuleTestPrelude.begin.utf8) + file.text + Array(RuleTestPrelude.end.utf8)
      guard case .table(let list) = try state.load(source, name: file.file) else {
        throw LuaError(
          kind: .runtime, message: "the file returns something itself; tests return nothing", file: file.file)
      }
      cases = list.array.compactMap { item in
        guard case .table(let entry) = item, case .string(let name)? = entry["name"],
          case .function(let place)? = entry["place"], case .function(let run)? = entry["run"]
        else { return nil }
        return Case(name: name, line: place.line, run: run)
      }
    } catch {
      throw RuleError(error, file: file.file)
    }
    if cases.isEmpty {
      throw RuleError(
        code: "test.empty", message: "the file has no test",
        remedy: "Write test(\"what is promised\", function(t) … end).",
        file: file.file, line: 1)
    }
  }

  deinit { state.close() }

  /// Runs a case; nil when it passed.
  func run(_ test: Case, in world: RuleTestRun) -> Failure? {
    current.run = world
    defer { current.run = nil }
    do throws(LuaError) {
      _ = try state.call(test.run, [])
    } catch {
      return Failure(message: error.message, line: error.line)
    }
    do throws(RuleTestFailure) {
      try world.finish()
      return nil
    } catch {
      return Failure(message: error.message, line: 0)
    }
  }

  private static func text(_ value: LuaValue) -> String? {
    if case .string(let text) = value { text } else { nil }
  }
}
