import StellaLua
import StellaModel
import StellaScripting

/// A loaded test file with its cases, whose calls go to the world of the case in hand.
final class TestScript<World: AnyObject> {
  struct Case {
    let name: String
    let line: Int
    let run: LuaFunction
  }

  struct Failure {
    let message: String
    let line: Int
  }

  /// What a name of the test language does in the world of a case. The arguments are padded with nil to four.
  typealias Function = ([LuaValue], World) -> Result<LuaValue, RuleTestFailure>

  private let state: LuaState
  /// What objects of the test language can do.
  private let methods: [String]
  private(set) var cases: [Case] = []
  private let current: Current

  /// Where calls of the case in hand go.
  private final class Current { var world: World? }

  private static var limits: LuaLimits {
    var limits = LuaLimits()
    limits.memoryBytes = 16 << 20
    limits.stepsPerCall = 50_000_000
    limits.sourceBytes = 1 << 20
    limits.stringBytes = 1 << 20
    // The backstop counts the work of rules on replayed files, and of databases, too.
    limits.deadline = .seconds(120)
    return limits
  }

  /// - Parameters:
  ///   - begin: Lua that goes before the file's first line, on that line.
  ///   - end: Lua after its last line, which returns the cases.
  ///   - outside: what a call outside of a case is told.
  ///   - methods: those of the objects of the test language.
  init(
    _ file: RuleSource, begin: String, end: String, outside: String, methods: [String],
    functions: [String: Function]
  ) throws(RuleError) {
    self.methods = methods
    let current = Current()
    self.current = current
    var hosts: [String: LuaHostFunction] = [:]
    for (name, function) in functions { hosts[name] = TestScript.host(function, current, outside: outside) }
    let library = LuaLibrary(functions: hosts)
    do throws(LuaError) {
      state = try LuaState(limits: TestScript.limits, library: library)
      let source = Array(begin.utf8) + file.text + Array(end.utf8)
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
      throw RuleError(
        error.kind == .load ? TestScript.syntaxError(of: file, library: library) ?? error : error, file: file.file)
    }
    if cases.isEmpty {
      throw RuleError(
        code: "test.empty", message: "the file has no test",
        remedy: "Write test(\"what is promised\", function(t) … end).",
        file: file.file, line: 1)
    }
  }

  /// What is wrong with the file by itself: what goes around it would be found in the error.
  private static func syntaxError(of file: RuleSource, library: LuaLibrary) -> LuaError? {
    do throws(LuaError) {
      let alone = try LuaState(limits: limits, library: library)
      defer { alone.close() }
      _ = try alone.load(file.text, name: file.file)
    } catch {
      if error.kind == .load { return error }
    }
    return LuaError(
      kind: .runtime, message: "the file returns something itself; tests return nothing", file: file.file)
  }

  /// The message with the method that was probably meant.
  private func hinted(_ message: String) -> String {
    let start = "attempt to call a nil value (method '"
    guard message.hasPrefix(start) else { return message }
    let name = String(message.dropFirst(start.count).prefix { $0 != "'" })
    if let meant = NearestName.of(name, in: methods) { return "\(start)\(name)'); did you mean \(meant)?" }
    return message.contains("; did you mean") ? message : message + "; there are \(methods.joined(separator: ", "))"
  }

  private static func host(_ function: @escaping Function, _ current: Current, outside: String) -> LuaHostFunction {
    func call(_ arguments: [LuaValue]) throws(LuaHostError) -> LuaValue {
      guard let world = current.world else { return .string(outside) }
      switch function(arguments + Array(repeating: .nil, count: max(0, 4 - arguments.count)), world) {
      case .success(let value): return value
      case .failure(let failure): return .string(failure.message)
      }
    }
    return call
  }

  deinit { state.close() }

  /// Runs a case, then `finish`; nil when it passed.
  func run(_ test: Case, in world: World, finish: () throws(RuleTestFailure) -> Void) -> Failure? {
    current.world = world
    defer { current.world = nil }
    do throws(LuaError) {
      _ = try state.call(test.run, [])
    } catch {
      return Failure(message: hinted(error.message), line: error.line)
    }
    do throws(RuleTestFailure) {
      try finish()
      return nil
    } catch {
      return Failure(message: error.message, line: 0)
    }
  }
}
