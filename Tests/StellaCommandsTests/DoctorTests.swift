import Foundation
import StellaModel
import Testing

@testable import StellaCommands

@Suite("Doctor")
struct DoctorTests {
  private let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("Fixes"), withIntermediateDirectories: true)
  }

  private static let whole = """
    targets:
      app-db: { kind: sqlite, path: app.db }
    users:
      mara: { uids: [\(getuid())], roles: [approver] }
      ivo: { uids: [4000000], roles: [approver] }
    log: { anchors: [anchor] }

    """

  private func doctor(_ configuration: String) throws -> (status: Int32, lines: [[String: String]], errors: String) {
    try directory.write("stella.yaml", configuration)
    let process = try directory.stella(["doctor", "--output", "json"])
    let status = process.status()
    let lines = try process.lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])
    }
    return (status, lines, process.errors)
  }

  private func run(_ arguments: String...) throws -> Int32 { try directory.stella(arguments).status() }

  /// An empty database, ready for changes.
  private func makeDatabase() throws {
    try directory.write("app.db", "")
    try directory.write("stella.yaml", Self.whole)
    #expect(try run("fixes", "target", "init", "app-db") == 0)
  }

  @Test("Where all is there, it says so and ends with 0, and makes nothing")
  func healthy() throws {
    try makeDatabase()
    try FileManager.default.removeItem(atPath: directory(".stella"))
    let found = try doctor(Self.whole)
    #expect(found.status == 0, "\(found)")
    #expect(found.lines.allSatisfy { $0["level"] == "ok" })
    let subjects = Set(found.lines.compactMap { $0["subject"] })
    #expect(
      subjects == ["configuration", "rules", "fixes", "targets", "users", "policies", "store", "log", "space"])
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")))
    #expect(!FileManager.default.fileExists(atPath: directory("anchor")))
  }

  /// What is found wrong, as `subject level`, for one thing that is wrong.
  private func findings(_ configuration: String) throws -> [String] {
    let found = try doctor(configuration)
    #expect(found.status == 1, "\(found)")
    return found.lines.filter { $0["level"] != "ok" }.map { "\($0["subject"] ?? "") \($0["level"] ?? "")" }
  }

  @Test("A target without its table, a missing database, a policy for nobody, no anchor: each is named")
  func targetsAndPeople() throws {
    #expect(try findings(Self.whole) == ["targets problem"])
    try directory.write("app.db", "")
    #expect(try findings(Self.whole) == ["targets problem"])
    try makeDatabase()
    #expect(try findings(Self.whole.replacing("log: { anchors: [anchor] }", with: "")) == ["log warning"])
    #expect(try findings(Self.whole.replacing("[anchor]", with: "[.stella/anchor]")) == ["log warning"])
    #expect(try findings(Self.whole.replacing("[anchor]", with: "[nowhere/anchor]")) == ["log problem"])
    let alone = Self.whole.split(separator: "\n").filter { !$0.contains("ivo") }.joined(separator: "\n") + "\n"
    #expect(try findings(alone) == ["policies warning"])
    #expect(try findings(alone.replacing("[approver]", with: "[admin]")) == ["policies problem"])
    #expect(try doctor(alone + "policies:\n  - { name: alone, four_eyes: [] }\n").status == 0)
  }

  @Test("A rule or a fix that can't be loaded, and a fix whose target isn't there, are named with their place")
  func scripts() throws {
    try makeDatabase()
    try directory.write("Rules/broken.lua", "return rule { api = 1 }\n")
    #expect(try Set(findings(Self.whole)) == ["rules problem"])
    try FileManager.default.removeItem(atPath: directory("Rules/broken.lua"))
    try directory.write("Fixes/broken.lua", "return fix {")
    #expect(try Set(findings(Self.whole)) == ["fixes problem"])
    try directory.write(
      "Fixes/broken.lua",
      """
      return fix { api = 1, id = "x", title = "x", targets = { "app-bd" }, plan = function(ctx, p) return {} end }

      """)
    let found = try doctor(Self.whole)
    #expect(found.status == 1)
    #expect(
      found.lines.contains { $0["level"] == "warning" && $0["message"]?.contains("Did you mean app-db?") == true })
  }

  @Test("A log whose key is gone, or which is shorter than its anchor says, is a problem")
  func log() throws {
    try makeDatabase()
    #expect(try run("log", "checkpoint") == 0)
    #expect(try doctor(Self.whole).status == 0)
    try FileManager.default.moveItem(atPath: directory(".stella/log.key"), toPath: directory("log.key"))
    #expect(try findings(Self.whole) == ["log problem"])
    #expect(!FileManager.default.fileExists(atPath: directory(".stella/log.key")))
    try FileManager.default.moveItem(atPath: directory("log.key"), toPath: directory(".stella/log.key"))
    #expect(try doctor(Self.whole).status == 0)
    try FileManager.default.removeItem(atPath: directory(".stella"))
    #expect(try run("freeze", "status") == 0)
    #expect(try findings(Self.whole) == ["log problem"])
  }

  @Test("A configuration that can't be read ends with 3")
  func configuration() throws {
    let found = try doctor("target: {}\n")
    #expect(found.status == 3 && found.errors.contains("targets"), "\(found)")
    #expect(try doctor(Self.whole + "users: {}\n").status == 3)
  }

  @Test("What whoami says to write makes its reader a user")
  func advice() throws {
    try directory.write("stella.yaml", "users: {}\n")
    let before = try directory.stella(["whoami"])
    #expect(before.status() == CommandStatus.notPermitted.rawValue)
    let text = before.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let entry = try #require(text.firstMatch(of: #/such as `([^`]+)`/#), "\(before.output)").1
    try directory.write("stella.yaml", "users:\n  \(entry)\n")
    let after = try directory.stella(["whoami"])
    #expect(after.status() == 0 && !after.output.contains("can't vote"), "\(entry) \(after.output)\(after.errors)")
  }
}
