import ArgumentParser
import Foundation
import StellaConfiguration
import Testing

@testable import StellaCommands

/// The pages that people read, whose examples have to work.
@Suite("Guide")
struct GuideTests {
  /// What is between fences of this language, in the order of the page.
  private func blocks(_ language: String, of page: String) throws -> [String] {
    try MarkdownPage.documentation(page).texts(language)
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
    #expect(!reload.testGate && reload.testTime == .seconds(60))
    let standard = Configuration().reload
    #expect(standard.testGate && standard.testTime == .seconds(30))
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

  @Test("The configuration of the page about muting is accepted, and names rules that ship and what they have")
  func muting() throws {
    let configuration = try Configuration.parse(
      try #require(try blocks("yaml", of: "Muting").first), file: "stella.yaml")
    let muting = try MutingRules.of(configuration)
    #expect(muting.exceptions.count == 2 && muting.alerts.shadows.count == 1 && muting.alerts.maintenance.count == 2)
    let directory = try CommandDirectory()
    try directory.write("stella.yaml", try blocks("yaml", of: "Muting")[0])
    let rules = GeneratedFile.root.appendingPathComponent("Rules").path
    let lint = try directory.stella(["rules", "lint", "--quiet", "--output", "json", rules])
    #expect(lint.status() == 0 && !lint.output.contains("exception"), "\(lint.output)\(lint.errors)")
    let ids = try directory.stella(["rules", "list", "--output", "json", rules])
    #expect(ids.status() == 0)
    for (id, _, _) in configuration.muting.rules { #expect(ids.output.contains("\"id\":\"\(id)\""), "\(id)") }
  }

  @Test("The repl of the page says what the page says, and the page has all that it can be asked")
  func live() throws {
    let directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("Rules/shop"), withIntermediateDirectories: true)
    try directory.write("Rules/shop/slow-user.lua", try #require(try blocks("lua", of: "Live").first))
    let session = try #require(try blocks("repl", of: "Live").first).split(separator: "\n")
    let asked = session.filter { $0.hasPrefix("> ") }.map { $0.dropFirst(2) + "\n" }.joined()
    let run = try directory.stella(["repl", "--quiet", "--rules", "Rules/shop"], input: .text(asked))
    #expect(run.status() == 0, "\(run.errors)")
    #expect(run.lines == session.filter { !$0.hasPrefix("> ") }.map(String.init))
    let file = GeneratedFile.root.appendingPathComponent("Sources/StellaEngine/Documentation.docc/Live.md")
    let page = try String(contentsOf: file, encoding: .utf8)
    for verb in ReplVerb.allCases { #expect(page.contains("`\(verb.usage)`"), "\(verb)") }
  }

  @Test(
    "The commands of the pages exist, with these options",
    arguments: [
      "Fixes", "Approvals", "ExecutionLog", "Sigma", "Prometheus", "Tutorial", "Time", "Testing", "Tuning",
      "ComingFrom", "Muting", "Live",
    ])
  func commands(page: String) throws {
    let directory = try CommandDirectory()
    let named = try MarkdownPage.documentation(page).text.matches(of: #/\bstella ([a-z]+(?: [a-z]+){0,2})[^`\n]*/#)
    #expect(!named.isEmpty)
    for match in named {
      var verb: any ParsableCommand.Type = StellaCommand.self
      var path: [String] = []
      for word in match.1.split(separator: " ") {
        guard let next = verb.configuration.subcommands.first(where: { $0.configuration.commandName == String(word) })
        else {
          break
        }
        verb = next
        path.append(String(word))
      }
      #expect(!path.isEmpty, "there is no \(match.0)")
      let help = try directory.stella(path + ["--help"])
      #expect(help.status() == 0, "\(match.0)")
      for option in match.0.prefix(while: { $0 != "|" && $0 != "&" }).matches(of: #/--[a-z-]+/#) {
        #expect(help.output.contains(option.0), "\(match.0)")
      }
    }
  }

  @Test(
    "The rules of the pages get no warning and pass their tests, one that fires and one that stays quiet",
    arguments: ["Time", "Testing", "Tuning", "ComingFrom"])
  func rules(page: String) throws {
    let directory = try CommandDirectory()
    let lua = try MarkdownPage.documentation(page).blocks.filter { $0.language == "lua" && $0.name.isEmpty }.map(\.text)
    try #require(lua.count >= 4 && lua.count.isMultiple(of: 2))
    try FileManager.default.createDirectory(atPath: directory("Shown"), withIntermediateDirectories: true)
    for index in stride(from: 0, to: lua.count, by: 2) {
      try directory.write("Shown/r\(index).lua", lua[index])
      try directory.write("Shown/r\(index)_test.lua", lua[index + 1])
    }
    for verb in ["lint", "test"] {
      let run = try directory.stella(["rules", verb, "--strict", "Shown"])
      #expect(run.status() == 0, "\(run.output)\(run.errors)")
    }
  }

  @Test("The configurations of the pages are accepted", arguments: ["Time", "Tuning", "Tutorial"])
  func configurations(page: String) throws {
    let yaml = try MarkdownPage.documentation(page).blocks.filter { $0.name == "stella.yaml" }
    #expect(!yaml.isEmpty)
    for block in yaml { _ = try Configuration.parse(block.text, file: "stella.yaml") }
  }

  @Test("What other tools have on the page is what their files hold, and Sigma's and Prometheus' can be imported")
  func foreignRules() throws {
    let directory = try CommandDirectory()
    let page = try MarkdownPage.documentation("ComingFrom")
    let sigma = try #require(page.blocks.first { $0.language == "yaml" && $0.name == "sigma" })
    try directory.write("sigma.yml", sigma.text)
    let made = try directory.stella(["rules", "import", "sigma", "sigma.yml", "--to", "Imported"])
    #expect(made.status() == 0, "\(made.output)\(made.errors)")
    let alert = try #require(page.texts("yaml").first { $0.hasPrefix("alert:") })
    let indented = alert.split(separator: "\n").map { "        \($0)\n" }.joined()
    try directory.write("alerts.yml", "groups:\n  - name: g\n    rules:\n      -\n" + indented)
    let other = try directory.stella([
      "rules", "import", "prometheus", "alerts.yml", "--to", "Imported", "--label", "labels.{}",
    ])
    #expect(other.status() == 0, "\(other.output)\(other.errors)")
  }

  @Test("Whoever follows the tutorial sees what it shows")
  func tutorial() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "stella-tutorial-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try FileManager.default.createSymbolicLink(
      at: directory.appendingPathComponent("Scripts"),
      withDestinationURL: GeneratedFile.root.appendingPathComponent("Scripts"))
    let blocks = try MarkdownPage.documentation("Tutorial").blocks
    #expect(blocks.allSatisfy { $0.isFile || $0.name == "run" }, "every block is run")
    #expect(try ReadmeSession(root: directory.path).follow(blocks) > 8)
  }

  @Test(
    "Every file that the pages link to is there, and every section",
    arguments: ["Tutorial", "Time", "Testing", "Tuning", "ComingFrom", "Prometheus", "Sigma"])
  func links(page: String) throws {
    let folder = "Sources/StellaEngine/Documentation.docc"
    #expect(try MarkdownPage.documentation(page).brokenLinks(from: folder) == [])
    let readme = try MarkdownPage("README.md").text
    #expect(readme.contains("\(folder)/\(page).md"), "README links it")
  }
}
