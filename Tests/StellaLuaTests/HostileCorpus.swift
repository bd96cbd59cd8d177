import Foundation
import Testing

@testable import StellaLua

/// The hostile scripts that lie beside the repository, when they do: `../shared/hostile`, or below `STELLA_SHARED`.
enum HostileCorpus {
  struct Script {
    let name: String
    let source: String

    /// What the first line says a correct host does.
    var expectation: String {
      String(source.prefix { $0 != "\n" }).replacingOccurrences(of: "-- expect: ", with: "")
    }
  }

  static let scripts: [Script] = {
    var root = URL(filePath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let shared = ProcessInfo.processInfo.environment["STELLA_SHARED"].map { URL(filePath: $0) }
    let folders = [shared, root.appending(path: "../shared"), root.appending(path: "../../shared")]
      .compactMap { $0?.appending(path: "hostile") }
    for folder in folders {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      let scripts = files.filter { $0.hasSuffix(".lua") }.sorted().compactMap { file -> Script? in
        guard let text = try? String(contentsOf: folder.appending(path: file), encoding: .utf8) else { return nil }
        return Script(name: String(file.dropLast(4)), source: text)
      }
      if !scripts.isEmpty { return scripts }
    }
    print("hostile corpus: left out, no scripts in ../shared/hostile")
    return []
  }()
}

/// How one run of a hostile script ended.
enum HostileOutcome: CustomStringConvertible {
  case returned(LuaValue)
  case failed(LuaError)

  var description: String {
    switch self {
    case .returned(let value): "returned \(value)"
    case .failed(let error): "\(error.kind.rawValue): \(error.message)"
    }
  }

  /// Whether a first line such as "error: …, or terminated by the step budget within 100 ms" allows this.
  func isAllowed(by expectation: String) -> Bool {
    func says(_ words: String...) -> Bool { words.contains { expectation.contains($0) } }
    switch self {
    case .returned(let value):
      if says("rejected or a runtime error") { return value == .bool(false) }  // attack catches it itself
      if says("returns normally with true", "attack returns true") {
        return value == .bool(true) || says("but false on 5.4.4")
      }
      if says("returns \"\"") { return value == .bool(true) }
      return says(
        "returns normally", "or returns", "call succeeds", "accepted", "copied", "documented", "own view", "trampoline")
    case .failed(let error):
      switch error.kind {
      case .budget: return says("budget")
      // A caught "not enough memory" is a memory kill here, also where others would go on to another limit.
      case .memory: return says("memory", "budget")
      case .deadline: return says("deadline", "budget or memory limit within 100 ms: strcoll")
      case .load: return says("load: rejected", "source size must be capped")
      case .internal: return false
      case .runtime:
        // Where the script wants a string longer than any may be, it ends sooner than its line says.
        if error.message.contains("string too large") { return true }
        return says(
          "error", "is nil", "are nil", "absent", "locked", "private to the rule", "rejected", "not a function",
          "new one is used")
      }
    }
  }
}

extension Fixture {
  /// Loads a hostile script and calls its `attack` with an event, as a rule would.
  func attack(_ source: String, name: String, calls: Int = 1) -> [HostileOutcome] {
    host.set("message", 0, .string("connection refused by 10.1.2.3 after 300 ms"))
    host.set("level", 0, .string("error"))
    do {
      let on = try load(source + "\nreturn function(e, s) return attack(e) end", name: name)
      guard case .function(let function) = on else { return [] }
      return (0..<calls).map { _ in
        do {
          return .returned(try call(function))
        } catch let error as LuaError {
          return .failed(error)
        } catch {
          return .failed(LuaError(kind: .internal, message: "\(error)", file: name))
        }
      }
    } catch let error as LuaError {
      return [.failed(error)]
    } catch {
      return []
    }
  }

  /// What a well-behaved rule says about the same event.
  static func wellBehaved() throws -> (Fixture, LuaFunction) {
    let fixture = try Fixture()
    fixture.host.set("message", 0, .string("connection refused by 10.1.2.3 after 300 ms"))
    let on = try fixture.function(
      """
      function(e, s)
        s.n = (s.n or 0) + 1
        local ip, ms = e.message:match("by (%d+%.%d+%.%d+%.%d+) after (%d+)")
        return { ip, tonumber(ms), s.n, ("x"):upper(), type(next), math.floor(2.5) }
      end
      """)
    return (fixture, on)
  }
}
