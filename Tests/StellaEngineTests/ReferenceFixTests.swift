import StellaLua
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Reference and editor stubs of fixes")
struct ReferenceFixTests {
  @Test("Every name that a fix can use is on the page")
  func complete() {
    let page = FixReference.markdown()
    let keys =
      ScriptRegistry.fixKeys + ScriptRegistry.effects.flatMap { $0.keys + $0.parts.values.flatMap { $0 } }
    let names =
      keys.map { "| `\($0.name)` |" } + ScriptRegistry.fixAlertFields.map { "| `alert.\($0.name)` |" }
      + ScriptRegistry.fixContextFunctions.map { "| `ctx.\($0.name)(" }
      + ScriptRegistry.databaseMethods.map { "| `db:\($0.name)(" }
      + ScriptRegistry.effects.map { "### `\($0.name) { … }`" }
    for name in names { #expect(page.contains(name), "\(name)") }
  }

  @Test("Every name of the test language is on the page, and its prelude defines it")
  func testLanguage() {
    let page = FixReference.markdown()
    for name in FixTestLanguage.methods {
      #expect(page.contains("| `t:\(name.name)("), "\(name.name)")
      #expect(FixTestPrelude.begin.contains("function stella_t:\(name.name)("), "\(name.name)")
    }
    for name in FixTestLanguage.functions { #expect(FixTestPrelude.begin.contains("function \(name.name)(")) }
    for key in FixTestLanguage.expectations { #expect(page.contains("| `\(key.name)` |"), "\(key.name)") }
    for name in PlannedEffect.names { #expect(page.contains("`\(name)`"), "\(name)") }
  }

  @Test("The stubs are Lua, and declare every name that a fix can see and nothing else")
  func stubs() throws {
    let text = ScriptStubs.fixes()
    let state = try LuaState()
    defer { state.close() }
    _ = try state.load(Array(text.utf8), name: "stubs")
    let globals = text.split(separator: "\n").compactMap { line -> String? in
      if let match = line.firstMatch(of: #/^function ([a-z_.]+)\(/#) { return String(match.1) }
      if let match = line.firstMatch(of: #/^([a-z_.]+) = /#) { return String(match.1) }
      return nil
    }
    let registry =
      LuaLibrary.sandboxNames + ScriptRegistry.effects.map(\.name) + ScriptRegistry.fixDeclarations.map(\.name)
      + ["sql", "http", "event"]
    #expect(globals.sorted() == registry.sorted())
  }

  @Test("The classes have the keys of fixes, effects and alerts")
  func classes() throws {
    let text = ScriptStubs.fixes()
    func fields(_ name: String) throws -> [String] {
      let start = try #require(text.firstRange(of: "---@class \(name)\n"), "\(name)")
      return text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
        .prefix { $0.hasPrefix("---@field ") }.map { String($0.dropFirst(10).prefix { $0 != " " && $0 != "?" }) }
    }
    #expect(try fields("Stella.Fix") == ScriptRegistry.fixKeys.map(\.name))
    #expect(try fields("Stella.FixAlert") == ScriptRegistry.fixAlertFields.map(\.name))
    #expect(try fields("Stella.FixContext") == ScriptRegistry.fixContextFunctions.map(\.name))
    for effect in ScriptRegistry.effects {
      #expect(try fields(effect.constructor.parameters[0].type) == effect.keys.map(\.name))
    }
    for method in ScriptRegistry.databaseMethods { #expect(text.contains("function Database:\(method.name)(")) }
  }

  @Test("Every type that the stubs name is declared in them")
  func types() {
    let text = ScriptStubs.fixes()
    for match in text.matches(of: #/Stella\.[A-Za-z]+/#) {
      let isDeclared = text.contains("---@class \(match.0)\n") || text.contains("---@alias \(match.0) ")
      #expect(isDeclared, "\(match.0)")
    }
  }
}
