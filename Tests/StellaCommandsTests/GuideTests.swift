import Foundation
import StellaConfiguration
import Testing

@testable import StellaCommands

/// The pages about fixes and approvals, whose examples have to work.
@Suite("Guide")
struct GuideTests {
  /// What is between fences of this language, in the order of the page.
  private func blocks(_ language: String, of page: String) throws -> [String] {
    let file = GeneratedFile.root.appendingPathComponent("Sources/StellaEngine/Documentation.docc/\(page).md")
    let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```\(language)\n").dropFirst()
    return try parts.map { part in String(try #require(part.components(separatedBy: "```").first)) }
  }

  @Test("The fix of the page passes the tests of the page, and nothing can be said against it")
  func fix() throws {
    let directory = try CommandDirectory()
    let lua = try blocks("lua", of: "Fixes")
    try #require(lua.count == 2)
    try FileManager.default.createDirectory(atPath: directory("Fixes"), withIntermediateDirectories: true)
    try directory.write("Fixes/release-orders.lua", lua[0])
    try directory.write("Fixes/release-orders_test.lua", lua[1])
    let tests = try directory.stella(["fixes", "test", "--strict"])
    #expect(tests.status() == 0, "\(tests.output)\(tests.errors)")
    try directory.write(
      "stella.yaml", try blocks("yaml", of: "Fixes")[0] + "users: { mara: { uids: [1], roles: [approver] } }\n")
    try directory.write(
      "stella.yaml",
      String(contentsOfFile: directory("stella.yaml"), encoding: .utf8)
        + "policies: [{ name: all, four_eyes: [] }]\n")
    let lint = try directory.stella(["fixes", "lint", "--strict"])
    #expect(lint.status() == 0, "\(lint.output)\(lint.errors)")
    #expect(lint.output.contains("1 fix, 0 findings\n"), "\(lint.output)")
  }

  @Test("The configuration of the page about reloads is accepted, and is what it says")
  func reloading() throws {
    let yaml = try #require(try blocks("yaml", of: "Reloading").first)
    let reload = try Configuration.parse(yaml, file: "stella.yaml").reload
    #expect(reload.testGate && reload.testTime == .seconds(30))
    let standard = Configuration().reload
    #expect(!standard.testGate && standard.testTime == .seconds(30))
  }

  @Test("The configuration of the page is accepted, and its policies can be satisfied")
  func policies() throws {
    let yaml = try #require(try blocks("yaml", of: "Approvals").first)
    let rules = try ApprovalRules(try Configuration.parse(yaml, file: "stella.yaml"))
    #expect(rules.policies.policies.count == 1 && rules.people.persons.count == 2)
    #expect(rules.unsatisfiable.allSatisfy { $0.problem.severity == .warning })
  }

  @Test("The configuration of the page about the log is accepted")
  func log() throws {
    let yaml = try #require(try blocks("yaml", of: "ExecutionLog").first)
    let configuration = try Configuration.parse(yaml, file: "stella.yaml", environment: ["AUDIT_TOKEN": "x"])
    #expect(configuration.log.anchors.count == 3 && AnchorAssembly.anchors(configuration).count == 3)
  }

  @Test("The commands of the pages exist, with these options", arguments: ["Fixes", "Approvals", "ExecutionLog"])
  func commands(page: String) throws {
    let file = GeneratedFile.root.appendingPathComponent("Sources/StellaEngine/Documentation.docc/\(page).md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let directory = try CommandDirectory()
    let named = text.matches(of: #/stella ([a-z]+(?: [a-z]+)?)[^`\n]*/#)
    #expect(named.count > 5)
    for match in named {
      let words = match.1.split(separator: " ").map(String.init)
      let verbs = StellaCommand.configuration.subcommands.filter { $0.configuration.commandName == words[0] }
      guard let verb = verbs.first else {
        Issue.record("there is no \(match.0)")
        continue
      }
      let path = verb.configuration.subcommands.isEmpty ? [words[0]] : words
      let help = try directory.stella(path + ["--help"])
      #expect(help.status() == 0, "\(match.0)")
      for option in match.0.matches(of: #/--[a-z-]+/#) {
        #expect(help.output.contains(option.0), "\(match.0)")
      }
    }
  }
}
