import Foundation
import Testing

@testable import StellaEngine

@Suite("Cookbook") struct CookbookTests {
  private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/StellaEngine/Documentation.docc/Cookbook.md")

  /// The rules of the page with their tests.
  private static let recipes: [(rule: String, tests: String)] = {
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    let blocks = text.components(separatedBy: "```lua\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    return stride(from: 0, to: blocks.count - 1, by: 2).map { (blocks[$0], blocks[$0 + 1]) }
  }()

  @Test("There are at least thirty") func enough() { #expect(Self.recipes.count >= 30) }

  @Test("Each rule of the page gets no warning and passes its tests, one that fires and one that stays quiet")
  func recipes() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stella-cook-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (number, recipe) in Self.recipes.enumerated() {
      try Data(recipe.rule.utf8).write(to: folder.appending(path: "r\(number).lua"))
      try Data(recipe.tests.utf8).write(to: folder.appending(path: "r\(number)_test.lua"))
    }
    let lint = try RuleLinter.run(paths: [folder.path])
    for problem in lint.errors + lint.warnings.map(\.error) { Issue.record("\(problem)") }
    #expect(lint.rules.count == Self.recipes.count)
    let report = try RuleTester.run(paths: [folder.path])
    for error in report.errors { Issue.record("\(error)") }
    for test in report.cases where !test.passed {
      Issue.record("\(test.file):\(test.line): \(test.name): \(test.message ?? "")")
    }
    for rule in report.coverage { #expect(rule.isComplete, "\(rule.rule) lacks a test") }
  }
}
