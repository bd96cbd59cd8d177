import StellaDetection
import StellaLua
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Editor stubs")
struct ReferenceStubsTests {
  /// Loads a stub file into a sandbox where nothing is offered.
  private func load(_ text: String) throws {
    let state = try LuaState()
    defer { state.close() }
    _ = try state.load(Array(text.utf8), name: "stubs")
  }

  @Test("The stubs are Lua")
  func areLua() throws {
    try load(ScriptStubs.rules())
    try load(ScriptStubs.tests())
  }

  /// The names that a stub file gives to functions and values: those without a local table before a colon.
  private func globals(_ text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      if let match = line.firstMatch(of: #/^function ([a-z_.]+)\(/#) { return String(match.1) }
      if let match = line.firstMatch(of: #/^([a-z_.]+) = /#) { return String(match.1) }
      return nil
    }
  }

  @Test("Every name that a script can see is in the stubs, and nothing else")
  func names() {
    let registry =
      LuaLibrary.sandboxNames + ScriptRegistry.constructorNames + ScriptRegistry.functions.map(\.name) + ["window"]
    #expect(globals(ScriptStubs.rules()).sorted() == registry.sorted())
    #expect(globals(ScriptStubs.tests()).sorted() == (RuleTestLanguage.functions.map(\.name) + ["rules"]).sorted())
  }

  @Test("Every method of native state is in its class, and nothing else")
  func methods() throws {
    let text = ScriptStubs.rules()
    for primitive in ScriptRegistry.primitives {
      let local = try #require(primitive.constructor.returns.split(separator: ".").last)
      let found = text.split(separator: "\n").filter { $0.hasPrefix("function \(local):") }.map {
        String($0.dropFirst("function \(local):".count).prefix { $0 != "(" })
      }
      #expect(found == primitive.methods.map(\.name), "\(primitive.name)")
    }
  }

  /// The fields of a class in the stubs, without the mark of those that may be left out.
  private func fields(_ name: String) throws -> [String] {
    let text = ScriptStubs.rules()
    let start = try #require(text.firstRange(of: "---@class \(name)\n"))
    return text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { $0.hasPrefix("---@field ") }.map { $0.dropFirst(10).prefix { $0 != " " && $0 != "?" } }
      .filter { !$0.hasPrefix("[") }.map(String.init)
  }

  @Test("The classes have the keys of rules, thresholds, alerts and matches, and the canonical fields of events")
  func classes() throws {
    #expect(try fields("Stella.Rule") == ScriptRegistry.ruleKeys.map(\.name))
    #expect(try fields("Stella.Threshold") == ScriptRegistry.thresholdKeys.map(\.name))
    #expect(try fields("Stella.Sequence") == ScriptRegistry.sequenceKeys.map(\.name))
    #expect(try fields("Stella.SequenceStep") == ScriptRegistry.stepKeys.map(\.name))
    #expect(try fields("Stella.SequenceMatch") == ScriptRegistry.sequenceMatchFields.map(\.name))
    #expect(try fields("Stella.MatchedStep") == ScriptRegistry.matchedStepFields.map(\.name))
    #expect(try fields("Stella.Absence") == ScriptRegistry.absenceKeys.map(\.name))
    #expect(try fields("Stella.Gap") == ScriptRegistry.gapFields.map(\.name))
    #expect(try fields("Stella.Alert") == ScriptRegistry.alertKeys.map(\.name))
    #expect(try fields("Stella.Match") == ScriptRegistry.matchFields.map(\.name))
    #expect(try fields("Stella.Event") == FieldAliases.fields.map(\.name))
  }

  @Test("With a sample, the fields of events are those of its lines, with the types seen; what some lack may be nil")
  func sampled() throws {
    let log = """
      {"ts":"2026-01-01T00:00:00Z","level":"info","msg":"a","status":"200","took":1.5,"user-agent":"x","tags":["a","b"],"ok":true}
      {"ts":"2026-01-01T00:00:01Z","level":"info","msg":"b","status":503,"took":2,"user-agent":"x","tags":[],"http":{"bytes":10}}
      {"ts":"2026-01-01T00:00:02Z","level":"info","msg":"c","status":404,"took":"long","user-agent":"x","tags":[1],"ok":null}

      """
    let sample = try EventSample(Array(log.utf8), name: "sample")
    #expect(sample.events == 3 && sample.failures == 0)
    let text = ScriptStubs.rules(sample: sample)
    try load(text)
    let start = try #require(text.firstRange(of: "---@class Stella.Event\n"))
    let fields = text[start.upperBound...].split(separator: "\n").prefix { $0.hasPrefix("---@field ") }.map {
      $0.dropFirst(10)
    }
    func type(_ name: String) -> Substring? {
      fields.first { $0.hasPrefix(name + " ") }?.dropFirst(name.count + 1).prefix { $0 != " " }
    }
    #expect(type("status") == "integer" && type("level") == "string" && type("time") == "integer")
    #expect(type("took") == "string|number" && type("tags") == "(string|integer)[]")
    #expect(type("ok") == "boolean|Stella.Null?" && type("http") == "table<string," && type("user_id") == "string?")
    #expect(type("[\"user-agent\"]") == "string" && type("[\"http.bytes\"]") == "integer?")
    #expect(fields.contains { $0.hasPrefix("ok ") && $0.hasSuffix("in 2 of 3 events") })
    let names = fields.map { $0.prefix { $0 != " " } }
    #expect(Set(names).count == names.count, "no field twice")
  }

  @Test("The stubs of all scripts together give each name once") func together() throws {
    let files = EditorFiles.stubs(sample: nil)
    for file in files { try load(file.text) }
    #expect(files.allSatisfy { EditorFiles.isStub($0.text) } && !EditorFiles.isStub("---@meta\nlocal x"))
    let names = files.flatMap { globals($0.text) }
    #expect(Set(names).count == names.count, "\(names.filter { name in names.count { $0 == name } > 1 })")
  }
}
