import Foundation
import StellaModel
import StellaRemediation
import StellaSQLite
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

  @Test("What is wrong with one secret or target hides nothing of the others, and each is told on its own")
  func oneHidesNoOther() throws {
    try makeDatabase()
    let secrets = """
      secrets:
        lost: { version: 1, file: lost.token }
        unset: { version: 1, env: STELLA_TEST_UNSET }

      """
    let targets = "targets:\n  gone-db: { kind: sqlite, path: gone.db }\n"
    let found = try doctor(secrets + Self.whole.replacing("targets:\n", with: targets))
    let wrong = found.lines.filter { $0["level"] == "problem" }
    #expect(wrong.map { $0["subject"] } == ["secrets", "secrets", "targets"], "\(found)")
    #expect(wrong[0]["message"]?.contains("lost.token: No such file") == true, "\(wrong)")
    #expect(wrong[1]["message"]?.contains("STELLA_TEST_UNSET") == true, "\(wrong)")
    #expect(wrong[2]["message"]?.hasPrefix("gone-db: ") == true, "\(wrong)")
    #expect(!wrong.contains { $0["message"]?.contains("\n") == true }, "\(wrong)")
    #expect(found.lines.contains { $0["message"] == "app-db is ready" }, "\(found)")
  }

  @Test("A fix that a rule suggests and nobody has is named, with the one that is meant; lint says it too")
  func suggestions() throws {
    try makeDatabase()
    try directory.write(
      "Fixes/mend.lua",
      "return fix { api = 1, id = \"mend\", title = \"M\", targets = { \"app-db\" }, plan = function(ctx, p) return {} end }\n"
    )
    let path = "Rules/each.lua"
    let rule = try String(contentsOfFile: directory(path), encoding: .utf8)
    try directory.write(path, rule.replacing("api = 1,", with: "api = 1, suggest = { \"mend\" },"))
    #expect(try doctor(Self.whole).status == 0)
    try directory.write(path, rule.replacing("api = 1,", with: "api = 1, suggest = { \"mned\" },"))
    let found = try doctor(Self.whole).lines.filter { $0["level"] == "warning" }
    #expect(found.count == 1 && found[0]["subject"] == "rules", "\(found)")
    #expect(found[0]["message"]?.contains("each.lua:2: suggest names mned") == true, "\(found)")
    let lint = try directory.stella(["rules", "lint", "--strict"])
    #expect(lint.status() == 1 && lint.output.contains("Did you mean mend? "), "\(lint.output)")
    try FileManager.default.removeItem(atPath: directory("Fixes"))
    let without = try directory.stella(["rules", "lint"])
    #expect(without.status() == 0 && !without.output.contains("unknown_fix"), "\(without.output)")
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

  @Test("A key that others may read is a problem, and so is a directory that others may write")
  func permissions() throws {
    try makeDatabase()
    #expect(try doctor(Self.whole).status == 0)
    chmod(directory(".stella/log.key"), 0o640)
    let key = try doctor(Self.whole).lines.filter { $0["level"] != "ok" }
    #expect(key.map { $0["level"] } == ["problem"] && key.first?["message"]?.contains("chmod 600") == true, "\(key)")
    #expect(try run("freeze", "status") == CommandStatus.failure.rawValue)
    chmod(directory(".stella/log.key"), 0o600)

    chmod(directory(".stella"), 0o755)
    #expect(try findings(Self.whole) == ["store warning"])
    #expect(try run("freeze", "status") == 0)
    chmod(directory(".stella"), 0o770)
    let open = try doctor(Self.whole).lines.filter { $0["level"] == "problem" }
    #expect(open.first?["message"]?.contains("chmod 700") == true, "\(open)")
    #expect(try run("freeze", "status") == CommandStatus.failure.rawValue)
    chmod(directory(".stella"), 0o700)
    #expect(try doctor(Self.whole).status == 0)
  }

  @Test("Two paths to one state directory are one owner, and a database with two names is refused")
  func twoPaths() throws {
    try makeDatabase()
    try directory.write("app.jsonl", "")
    try FileManager.default.createSymbolicLink(
      atPath: directory("other"), withDestinationPath: directory(".stella"))
    let watch = try directory.stella(["watch", "app.jsonl"])
    #expect(watch.until { $0.errors.contains("watching") }, "\(watch.errors)")
    try directory.write("other.yaml", Self.whole + "state: other\n")
    let second = try directory.stella(["watch", "--config", "other.yaml", "app.jsonl"])
    #expect(
      second.status() == CommandStatus.failure.rawValue && second.errors.contains("is in use by"), "\(second.errors)")
    watch.send(SIGTERM)
    _ = watch.status()

    try FileManager.default.createDirectory(atPath: directory("third"), withIntermediateDirectories: false)
    chmod(directory("third"), 0o700)
    let link = directory("third/stella.db")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory(".stella/stella.db"))
    let third = Self.whole + "state: third\n"
    #expect(try findings(third).contains("store problem"))
    #expect(try run("freeze", "status") == CommandStatus.failure.rawValue)
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.linkItem(atPath: directory(".stella/stella.db"), toPath: link)
    #expect(try run("freeze", "status") == CommandStatus.failure.rawValue)
  }

  @Test("Little space is told, and space that was set aside and used up, and a store near its quota")
  func space() throws {
    let disk: UInt64 = 100 << 30
    for (free, level) in [(6 << 30, Checkup.Level.ok), (4 << 30, .warning), (3 << 20, .problem)] as [(UInt64, _)] {
      #expect(StateDoctor.space(free: free, of: disk, in: "/x").level == level, "\(free)")
    }
    // Of a small one, 10% are too little for the outcome of an effect.
    #expect(StateDoctor.space(free: 3 << 20, of: 30 << 20, in: "/x").level == .problem)

    try makeDatabase()
    #expect(try run("freeze", "status") == 0)
    try directory.write(".stella/reserve", "x")
    let used = try doctor(Self.whole).lines.filter { $0["level"] != "ok" }
    #expect(used.map { $0["subject"] } == ["store"] && used.first?["message"]?.contains("disk was full") == true)
    try FileManager.default.removeItem(atPath: directory(".stella/reserve"))
    let small = Self.whole.replacing("[anchor] }", with: "[anchor], quota: 1MiB }")
    #expect(try doctor(small).status == 0)
    let store = try SQLiteStore(StateDirectory(path: directory(".stella")))
    let payload = LogPayload(salt: Array(repeating: 0, count: 32), bytes: Array(repeating: 1, count: 900_000))
    try store.write(as: .command) { transaction in
      _ = try transaction.append(LogEntry(.frozen, time: 0, actor: "user:ivo", payload: payload))
    }
    try store.close()
    let near = try doctor(small).lines.filter { $0["level"] != "ok" }
    #expect(near.map { $0["subject"] } == ["space"] && near.first?["remedy"]?.contains("log prune") == true, "\(near)")
  }

  @Test("An anchor that lacks records for over an hour is stale, and runs that wait for one are a problem")
  func staleAnchor() throws {
    let scene = try LogScene(log: "anchors: [anchor], hold_after: 1h")
    // Records of two hours ago and of now, of which the anchor gets none.
    try scene.age(1)
    let before = try scene.stella("doctor", "--output", "json").output
    #expect(before.contains("the anchor ") && !before.contains("behind"))
    let store = try SQLiteStore(StateDirectory(path: scene.directory(".stella")))
    try store.write(as: .command) { transaction in
      let old = Int64(Date().timeIntervalSince1970 - 7200) * 1_000_000_000
      _ = try transaction.append(LogEntry(.frozen, time: old, actor: "user:ivo"))
    }
    try store.close()
    let found = try scene.stella("doctor", "--output", "json").output
    #expect(found.contains("1 record and 24 hours behind"), "\(found)")
    #expect(found.contains("no run begins: the execution log has reached no anchor since #4"), "\(found)")
    try scene.expect("log", "checkpoint")
    let after = try scene.stella("doctor", "--output", "json").output
    #expect(!after.contains("behind") && !after.contains("no run begins"))
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
