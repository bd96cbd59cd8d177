import StellaDetection
import StellaLua
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("The registry of script names")
struct ReferenceRegistryTests {
  static let names =
    ScriptRegistry.declarations + ScriptRegistry.functions + ScriptRegistry.primitives.map(\.constructor)
    + ScriptRegistry.primitives.flatMap(\.methods) + ScriptRegistry.libraryFunctions + ScriptRegistry.libraryValues
    + RuleTestLanguage.functions + RuleTestLanguage.methods + RuleTestLanguage.feedMethods

  @Test("Every name has a meaning that is a sentence, and so has every parameter")
  func meanings() {
    for name in Self.names {
      #expect(name.meaning.hasSuffix("."), "\(name.name)")
      for parameter in name.parameters {
        #expect(!parameter.meaning.isEmpty && !parameter.type.isEmpty, "\(name.name): \(parameter.name)")
      }
    }
    for key in ScriptRegistry.ruleKeys + ScriptRegistry.partKeys {
      #expect(key.meaning.hasSuffix("."), "\(key.name)")
    }
    let parameters =
      ScriptRegistry.alertKeys + ScriptRegistry.matchFields + ScriptRegistry.sequenceMatchFields
      + ScriptRegistry.matchedStepFields + ScriptRegistry.gapFields + ScriptRegistry.primitives.flatMap(\.options)
      + RuleTestLanguage.expectations
    for parameter in parameters { #expect(!parameter.meaning.isEmpty && !parameter.type.isEmpty, "\(parameter.name)") }
    for primitive in ScriptRegistry.primitives { #expect(primitive.cost.hasSuffix("."), "\(primitive.name)") }
    for function in ExpressionFunction.allCases { #expect(!function.meaning.isEmpty) }
    for format in LogFormat.allCases { #expect(!format.meaning.isEmpty) }
    for field in FieldAliases.fields { #expect(!field.meaning.isEmpty, "\(field.name)") }
  }

  @Test("No name is there twice")
  func unique() {
    let global = Self.names.prefix(while: { $0.name != "add" }).map(\.name)
    #expect(Set(global).count == global.count)
    #expect(Set(ScriptRegistry.ruleKeys.map(\.name)).count == ScriptRegistry.ruleKeys.count)
  }

  @Test("What is described of Lua's library is exactly what the sandbox lets through")
  func library() {
    let described =
      ScriptRegistry.libraryTables + (ScriptRegistry.libraryFunctions + ScriptRegistry.libraryValues).map(\.name)
    #expect(described.sorted() == LuaLibrary.sandboxNames.sorted())
  }

  @Test("The defaults in the registry are those that a rule gets which sets nothing")
  func defaults() throws {
    let text = """
      return rule { api = 1, id = "a", title = "b", severity = "low", where = "true",
        threshold = { count = 2, within = "1m" } }
      """
    let set = RuleSet(
      sources: [RuleSource(file: "a.lua", text: Array(text.utf8))], parameters: [:], fields: FieldRegister())
    let manifest = try #require(set.rules.first?.manifest, "\(set.refusals)")
    let actual = [
      "type": manifest.type, "status": manifest.status, "max_keys": "\(manifest.maxKeys)",
      "state_memory": SizeText.text(manifest.stateMemoryBytes), "memory": SizeText.text(manifest.memoryBytes),
      "hold": DurationText.text(manifest.hold), "keep_firing": DurationText.text(manifest.keepFiring),
      "window": manifest.threshold?.window.rawValue, "evidence": "\(manifest.evidence ?? 1)",
    ]
    for key in ScriptRegistry.ruleKeys + ScriptRegistry.thresholdKeys {
      #expect(key.standard == actual[key.name] ?? nil, "\(key.name)")
    }
    #expect(manifest.suppressFor == 60_000_000_000)
  }

  @Test("The defaults of sequences and absences are those in the registry")
  func partDefaults() throws {
    func manifest(_ part: String) throws -> RuleManifest {
      let text = """
        return rule { api = 1, id = "a", title = "b", severity = "low", where = "true", \(part) }
        """
      let set = RuleSet(
        sources: [RuleSource(file: "a.lua", text: Array(text.utf8))], parameters: [:], fields: FieldRegister())
      return try #require(set.rules.first?.manifest, "\(set.refusals)")
    }
    let sequence = try #require(
      try manifest("sequence = { within = \"1m\", { name = \"a\", match = [[x]] } }").sequence)
    let absence = try #require(try manifest("absence = { every = \"1m\" }").absence)
    let actual = [
      "ordered": "\(sequence.isOrdered)", "times": "\(sequence.steps[0].times)",
      "absent": "\(sequence.steps[0].isAbsent)",
      "cap_events": "\(sequence.steps[0].keptEvents)", "grace": DurationText.text(absence.grace),
      "forget_after": DurationText.text(absence.forgetAfter), "learn": DurationText.text(absence.learn),
    ]
    for key in ScriptRegistry.sequenceKeys + ScriptRegistry.stepKeys + ScriptRegistry.absenceKeys {
      #expect(key.standard == actual[key.name] ?? nil, "\(key.name)")
    }
  }

  @Test("Every key of an expectation that tests accept is described")
  func expectations() {
    #expect(RuleTestLanguage.expectations.map(\.name).sorted() == RuleTestExpectation.names.sorted())
  }

  @Test("Every name of the test language works, and no other is defined")
  func testLanguage() throws {
    for name in RuleTestLanguage.methods { #expect(RuleTestPrelude.begin.contains("function t:\(name.name)(")) }
    for name in RuleTestLanguage.feedMethods { #expect(RuleTestPrelude.begin.contains("function more:\(name.name)(")) }
    let defined = RuleTestPrelude.begin.split(separator: "function ").dropFirst().compactMap { part -> String? in
      let name = part.prefix { $0 != "(" }
      return name.hasPrefix("t:") || name.hasPrefix("more:") ? String(name.split(separator: ":")[1]) : nil
    }
    let known = (RuleTestLanguage.methods + RuleTestLanguage.feedMethods).map(\.name)
    #expect(defined.sorted() == known.sorted())
  }

  @Test("An alert as JSON has exactly the fields of the reference, in its order")
  func alertFields() {
    var alert = Alert(
      id: "0", rule: "r", type: "t", severity: .low, title: "a", summary: "b", key: [], status: .firing, revision: 1,
      firstSeen: 0, lastSeen: 0, count: 1, value: .integer(1), expected: .integer(1), fixes: ["f"], runbook: "u")
    alert.resolvedBecause = .quiet
    alert.inputEnded = true
    alert.mute = Mute(.silence, by: "m", reason: "n")
    var rest = alert.json[...]
    for field in Alert.jsonFields {
      let place = rest.firstRange(of: "\"\(field.name)\":")
      #expect(place != nil, "\(field.name)")
      if let place { rest = rest[place.upperBound...] }
    }
    // Three of them are those of `muted`.
    let colons = alert.json.matches(of: #/"[a-z_]+":/#).count
    #expect(colons == Alert.jsonFields.count + 3)
  }
}
