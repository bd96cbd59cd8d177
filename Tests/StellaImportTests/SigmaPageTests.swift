import Foundation
import Testing

@testable import StellaImport

/// The page about Sigma, whose examples have to be what the import does.
@Suite struct SigmaPageTests {
  /// What is between fences of this language, in the order of the page.
  private func blocks(_ language: String) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = root.appending(path: "Sources/StellaEngine/Documentation.docc/Sigma.md")
    let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```\(language)\n").dropFirst()
    return try parts.map { part in String(try #require(part.components(separatedBy: "```").first)) }
  }

  @Test func theRuleOfThePageBecomesTheLuaOfThePage() throws {
    let yaml = try #require(blocks("yaml").first)
    let flat = try #require(FieldMapping.builtIn("windows-flat"))
    let rule = SigmaImport(mappings: [flat]).run([("rule.yml", yaml)])[0]
    #expect(rule.files.map(\.text) == (try blocks("lua")))
    #expect(rule.notes.isEmpty)
  }

  @Test func theMappingOfThePageIsAccepted() throws {
    let mapping = try FieldMapping(yaml: blocks("yaml")[1], file: "ours.yml")
    #expect(mapping.sources.count == 2 && mapping.by == ["host"] && mapping.searched == ["payload"])
  }
}
