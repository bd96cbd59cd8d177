import Foundation
import StellaModel
import StellaTesting
import Synchronization
import Testing

@testable import StellaEngine

@Suite("Functions of a host for the scripts of rules")
struct HostFunctionTests {
  struct Refused: Error, CustomStringConvertible {
    var description: String { "no such\u{1B} user" }
  }

  static let tier = HostFunction(
    "shop.tier",
    [.init("user", .text, "the user's id"), .init("detailed", .boolean, "with the day", isOptional: true)],
    returns: .any, "What a user pays for.", steps: 1000
  ) { arguments in
    guard case .string(let user)? = arguments.first else { return .null }
    if user == "nobody" { throw Refused() }
    if arguments[1] == .bool(true) { return .object([.init("plan", .string("gold")), .init("days", .integer(3))]) }
    return .string(user.hasPrefix("g") ? "gold" : "free")
  }

  static func rule(_ body: String, name: String = "tiers") -> String {
    """
    return rule {
      api = 1, id = "test.\(name)", title = "Tiers", severity = "high", type = "errors", status = "test",
      where = [[level >= error]], by = { "worker" },
      on = function(e, s)
        \(body)
      end,
    }
    """
  }

  static func summaries(_ rules: [String: String], _ workers: [String]) async throws -> [String] {
    let events = workers.enumerated().map { EmbeddedEngineTests.event($1, $0) }
    return try await RuleTesting.alerts(.memory(rules), over: events, functions: [tier]).map { $0.summary }
  }

  @Test("A rule calls a function of the host, with values and tables in and out")
  func called() async throws {
    let plain = Self.rule(#"return alert { summary = shop.tier(e.worker) .. " and " .. shop.tier("g", nil) }"#)
    #expect(try await Self.summaries(["a.lua": plain], ["g1", "x"]) == ["gold and gold", "free and gold"])
    let table = Self.rule(#"local t = shop.tier(e.worker, true); return alert { summary = t.plan .. t.days }"#)
    #expect(try await Self.summaries(["a.lua": table], ["w"]) == ["gold3"])
  }

  @Test("What the Swift function throws is an error of that script alone, which it can catch")
  func thrown() async throws {
    let caught = Self.rule(
      #"local ok, why = pcall(shop.tier, e.worker); return alert { summary = tostring(ok) .. " " .. why }"#)
    let failing = Self.rule("return alert { summary = shop.tier(e.worker) }", name: "failing")
    let told = try await Self.summaries(["a.lua": caught, "b.lua": failing], ["nobody", "g"])
    #expect(told.count == 3 && told.filter { $0 == "gold" }.count == 1)
    #expect(told.contains { $0.hasPrefix("false") && $0.contains("shop.tier: no such") && !$0.contains("\u{1B}") })
  }

  @Test("Wrong arguments are told by the parameter's name")
  func arguments() async throws {
    for (call, message) in [
      ("shop.tier(1)", "shop.tier wants a text as user, not the number 1"),
      ("shop.tier()", "shop.tier wants a text as user, not nil"),
      ("shop.tier(e)", "shop.tier wants a text as user, not an event"),
      (#"shop.tier("a", 1)"#, "shop.tier wants true or false as detailed, not the number 1"),
      (#"shop.tier("a", true, 2)"#, "shop.tier takes 2 values, not 3"),
    ] {
      let rule = Self.rule(
        "local ok, why = pcall(function() return \(call) end); return alert { summary = why }")
      let told = try await Self.summaries(["a.lua": rule], ["w"])
      #expect(told.first?.contains(message) == true, "\(told)")
    }
  }

  @Test("Calls are charged to the budget of the script: one that calls too often is stopped, and the others go on")
  func budget() async throws {
    let calls = Mutex(0)
    let counted = HostFunction("shop.count", returns: .integer, "Counts.", steps: 1000) { _ in
      calls.withLock { calls in
        calls += 1
        return .integer(Int64(calls))
      }
    }
    let endless = Self.rule("while true do pcall(shop.count) end", name: "endless")
    let other = Self.rule(#"return alert { summary = "seen" }"#, name: "other")
    let told = try await RuleTesting.alerts(
      .memory(["a.lua": endless, "b.lua": other]), over: [EmbeddedEngineTests.event("w", 0)], functions: [counted])
    #expect(told.map { $0.summary } == ["seen"])
    // 200,000 steps a call; a call of the function takes 1,000 and a few.
    #expect(calls.withLock { $0 } > 100 && calls.withLock { $0 } < 200)
  }

  @Test("Functions are in the reference, in the declarations for editors, and lint knows their tables")
  func described() async throws {
    let stubs = try HostFunction.stubs([Self.tier])
    #expect(stubs.contains("shop = {}\n") && stubs.contains("function shop.tier(user, detailed) end"))
    #expect(stubs.contains("---@param user string the user's id") && stubs.contains("---@param detailed? boolean"))
    let reference = try HostFunction.reference([Self.tier])
    #expect(reference.contains("`shop.tier(user, detailed)`") && reference.contains("a call takes 1000 steps"))
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-host-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.rule("return alert { summary = shop.tier(e.worker) }")
      .write(to: folder.appending(path: "tiers.lua"), atomically: true, encoding: .utf8)
    let known = try await RuleTesting.warnings(about: folder.path, functions: [Self.tier])
    #expect(!known.contains { $0.contains("nothing is called shop") })
    #expect(try await RuleTesting.warnings(about: folder.path).contains { $0.contains("nothing is called shop") })
  }

  @Test(
    "Names that aren't a host's to give keep the engine from being made",
    arguments: [
      "tier", "string.tier", "window.tier", "shop.Tier", "shop.end", "shop.", "a.b.c", "",
    ])
  func refused(name: String) async throws {
    var configuration = EngineConfiguration(rules: .memory(["a.lua": EmbeddedEngineTests.rule()]))
    configuration.functions = [HostFunction(name, [], "Says nothing.") { _ in .null }]
    await #expect { _ = try await StellaEngine(configuration) } throws: {
      ($0 as? StellaError)?.code == .configuration
    }
  }

  @Test("Two functions of one name, one without a meaning, and steps that no script has are refused")
  func doubled() throws {
    #expect(throws: StellaError.self) { try HostFunction.checked([Self.tier, Self.tier]) }
    #expect(throws: StellaError.self) { try HostFunction.checked([HostFunction("shop.x", [], "") { _ in .null }]) }
    for steps in [-1, 200_001, .max] {
      #expect(throws: StellaError.self) {
        try HostFunction.checked([HostFunction("shop.x", [], "Says nothing.", steps: steps) { _ in .null }])
      }
    }
  }
}
