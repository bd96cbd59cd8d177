import Foundation
import StellaEngine
import Testing

@testable import StellaCommands

@Suite("Generated files")
struct GeneratedFileTests {
  @Test("The committed rule reference is what the registry says")
  func generatedRuleReference() throws {
    try GeneratedFile(
      path: "Sources/StellaEngine/Documentation.docc/RuleReference.md", text: ScriptReference.markdown()
    ).check()
  }

  @Test("The committed fix reference is what the registry says")
  func generatedFixReference() throws {
    try GeneratedFile(
      path: "Sources/StellaEngine/Documentation.docc/FixReference.md", text: FixReference.markdown()
    ).check()
  }

  @Test("The committed page of lint checks is what they say")
  func generatedLintReference() throws {
    try GeneratedFile(
      path: "Sources/StellaEngine/Documentation.docc/RuleLint.md", text: LintReference.markdown()
    ).check()
  }

  @Test("The committed command reference is what statuses and configuration say")
  func generatedCommandReference() throws {
    try GeneratedFile(
      path: "Sources/StellaEngine/Documentation.docc/CommandReference.md", text: CommandReference.markdown()
    ).check()
  }

  @Test("The committed editor stubs are what the registry says")
  func generatedStubs() throws {
    try GeneratedFile(path: "Rules/.luals/stella.lua", text: ScriptStubs.rules()).check()
    try GeneratedFile(path: "Rules/.luals/stella-test.lua", text: ScriptStubs.tests()).check()
    try GeneratedFile(path: "Fixes/.luals/stella.lua", text: ScriptStubs.fixes()).check()
    for folder in ["Rules", "Fixes"] {
      try GeneratedFile(path: "\(folder)/.luarc.json", text: EditorFiles.settings).check()
    }
  }

  @Test("Editor files beside the rules are not loaded as rules")
  func stubsAreNoRules() throws {
    let rules = GeneratedFile.root.appendingPathComponent("Rules").path
    let stubs = rules + "/.luals/stella.lua"
    #expect(FileManager.default.fileExists(atPath: stubs))
    let files = RuleFiles.read([rules]).sources.map(\.file) + RuleFiles.readTests([rules]).sources.map(\.file)
    #expect(files.count > 10 && !files.contains { $0.contains("/.") })
  }

  @Test("The editor settings are JSON that names the stubs")
  func editorSettings() throws {
    for folder in ["Rules", "Fixes"] {
      let data = try Data(contentsOf: GeneratedFile.root.appendingPathComponent("\(folder)/.luarc.json"))
      let settings = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(settings["workspace.library"] as? [String] == [".luals"])
      #expect((settings["runtime.builtin"] as? [String: String])?["io"] == "disable")
    }
  }
}
