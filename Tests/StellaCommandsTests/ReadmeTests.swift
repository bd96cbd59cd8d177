import Foundation
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting
import Testing

@testable import StellaCommands

/// What the README shows as files and output.
@Suite("README")
struct ReadmeTests {
  let page: MarkdownPage
  var text: String { page.text }
  var blocks: [MarkdownPage.Block] { page.blocks }

  init() throws { page = try MarkdownPage("README.md") }

  func block(_ name: String) throws -> String { try page.block(name) }

  /// A directory with the README's files and no others.
  private func files() throws -> URL {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stella-readme-\(UUID().uuidString)")
    for block in blocks where block.isFile {
      let file = directory.appendingPathComponent(block.name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(block.text.utf8).write(to: file)
    }
    return directory
  }

  /// Runs the built command in a directory.
  private func stella(_ arguments: [String], in directory: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    let program = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    process.executableURL = program.appendingPathComponent("stella")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test("The first rule on the shown lines prints the shown output")
  func firstScreen() throws {
    let directory = try files()
    defer { try? FileManager.default.removeItem(at: directory) }
    // The configuration of the README names files that are not here.
    try FileManager.default.removeItem(at: directory.appendingPathComponent("stella.yaml"))
    #expect(text.contains("`stella watch --no-follow --rules Rules/shop app.jsonl` prints"))
    let run = try stella(["watch", "--no-follow", "--rules", "Rules/shop", "app.jsonl"], in: directory)
    #expect(run.status == 0)
    #expect(run.output == (try block("watch")))
  }

  @Test("The rules of the README pass their tests, in both ways")
  func rules() throws {
    let directory = try files()
    defer { try? FileManager.default.removeItem(at: directory) }
    let report = try RuleTester.run(paths: [directory.appendingPathComponent("Rules/shop").path])
    #expect(report.errors.isEmpty, "\(report.errors)")
    #expect(report.cases.count == 2 && report.failures == 0, "\(report.cases.compactMap(\.message))")
    // The configuration is for rules that are not here.
    try FileManager.default.removeItem(at: directory.appendingPathComponent("stella.yaml"))
    #expect(try stella(["rules", "lint", "--strict", "Rules/shop"], in: directory).status == 0)
    #expect(try stella(["rules", "test", "Rules/shop"], in: directory).status == 0)
    let covered = report.coverage.filter(\.isComplete).map(\.rule)
    #expect(covered == ["shop.checkout-failures"])
  }

  @Test("The configuration of the README is accepted, and its parameters belong to rules")
  func configuration() throws {
    let configuration = try Configuration.parse(try block("stella.yaml"), file: "stella.yaml")
    #expect(configuration.sources.count == 3)
    let directory = try files()
    defer { try? FileManager.default.removeItem(at: directory) }
    let rules = RuleFiles.read([
      directory.appendingPathComponent("Rules").path,
      GeneratedFile.root.appendingPathComponent("Rules/performance").path,
    ])
    // A parameter that a rule doesn't have refuses the rule.
    let set = RuleSet(sources: rules.sources, parameters: configuration.parameterValues, fields: FieldRegister())
    #expect(rules.errors.isEmpty && set.refusals.isEmpty, "\(set.refusals)")
    let ids = set.rules.map(\.manifest.id)
    for id in configuration.parameterValues.keys { #expect(ids.contains(id), "\(id)") }
  }

  @Test("Whoever types the commands about repairs sees what is shown, and the database is as before in the end")
  func repair() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stella-readme-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for name in ["Rules", "Fixes", "Scripts"] {
      try FileManager.default.createSymbolicLink(
        at: directory.appendingPathComponent(name), withDestinationURL: GeneratedFile.root.appendingPathComponent(name))
    }
    #expect(
      FileManager.default.fileExists(atPath: "/usr/bin/sqlite3"),
      "bash Scripts/packages.sh Scripts/debian-packages-demo.txt")
    let session = ReadmeSession(root: directory.path)
    let compared = try session.follow(blocks.filter { $0.name == "repair" })
    #expect(compared > 5)
    let dump = try session.run(
      """
      tables='users conversations messages shares'
      sqlite3 app.db ".dump $tables" | md5sum
      sqlite3 :memory: '.read ../Scripts/sample/app.sql' ".dump $tables" | md5sum
      """)
    let sums = dump.output.split(separator: "\n")
    #expect(sums.count == 2 && sums.first == sums.last, "\(dump)")
  }

  @Test("Parameters of rules that are not loaded are refused, unless --rules picks the rules")
  func parametersOfOthers() throws {
    let directory = try files()
    defer { try? FileManager.default.removeItem(at: directory) }
    let arguments = ["watch", "--no-follow", "app.jsonl"]
    #expect(try stella(arguments, in: directory).status == CommandStatus.usage.rawValue)
    let run = try stella(arguments + ["--rules", "Rules/shop"], in: directory)
    #expect(run.status == 0 && run.output.contains("shop.payment-failures"))
  }

  @Test("Every rule that the README names exists, and every family that ships is in its table")
  func shippedRules() throws {
    let rules = GeneratedFile.root.appendingPathComponent("Rules").path
    let sources = RuleFiles.read([rules]).sources.map { String(decoding: $0.text, as: UTF8.self) }
    let named = text.matches(
      of: #/`((?:performance|errors|availability|capacity|traffic|friction|data|security)\.[a-z-]+)`/#
    ).map { String($0.1) }
    #expect(named.count > 10)
    for id in named { #expect(sources.contains { $0.contains("id = \"\(id)\"") }, "\(id)") }
    let folders = try FileManager.default.contentsOfDirectory(atPath: rules).filter {
      !$0.hasPrefix(".") && !$0.contains(".")
    }
    for folder in folders { #expect(text.contains("| \(folder) |"), "\(folder)") }
  }

  @Test("The table of fixes that ship names each of them, and no other")
  func shippedFixes() throws {
    let fixes = FixSet(sources: RuleFiles.read([GeneratedFile.root.appendingPathComponent("Fixes").path]).sources)
    let start = try #require(text.firstRange(of: "| fix | what it does |"))
    let table = text[start.upperBound...].prefix(while: { $0 != "#" })
    let named = table.matches(of: #/\| `([a-z-]+)` \|/#).map { String($0.1) }
    #expect(named.sorted() == fixes.fixes.map(\.manifest.id))
  }

  @Test("Every file that the README links to is there, and every section")
  func links() { #expect(page.brokenLinks(from: "") == []) }
}
