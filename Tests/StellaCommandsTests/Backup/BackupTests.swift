import Foundation
import Testing

@testable import StellaCommands

@Suite("Backup and restore", .timeLimit(.minutes(5)))
struct BackupTests {
  private let scene: ServeScene
  private var directory: CommandDirectory { scene.directory }

  init() throws { scene = try ServeScene() }

  private func states() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix(".stella") }.sorted()
  }

  private func verify() throws { try scene.expect(["log", "verify"], 0) }

  private func runs() throws -> String { try scene.expect(["runs", "list", "--output", "json"], 0).output }

  @Test(
    "A backup holds the state; restored elsewhere and again it is the same, with the log intact and effects stopped",
    arguments: ["copy", "copy.tar"])
  func roundTrip(_ copy: String) throws {
    _ = try scene.propose("pair", "s1")
    let before = try runs()
    let said = try scene.expect(["backup", copy, "--output", "json"], 0).output
    let object = try #require(JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any])
    let digest = try #require(object["manifest"] as? String)
    #expect(digest.hasPrefix("sha256:"))
    let modes =
      copy == "copy"
      ? [(copy, 0o700), ("copy/stella.db", 0o600), ("copy/log.key", 0o600), ("copy/manifest.json", 0o600)]
      : [(copy, 0o600)]
    for (path, mode) in modes {
      let attributes = try FileManager.default.attributesOfItem(atPath: directory(path))
      #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
    }
    #expect(try scene.expect(["log", "show"], 0).output.contains("state.backed_up"))
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(names.filter { $0.hasPrefix("copy") } == [copy])
    // The backup's own record is not in it.
    #expect(try scene.stella(["restore", copy]).status == 4)
    try scene.expect(["restore", copy, "--manifest", digest, "--force"], 0)
    try verify()
    #expect(try runs() == before)
    #expect(try scene.stella(["freeze", "status"]).status == 8)
    #expect(try scene.expect(["log", "show"], 0).output.contains("state.restored"))
    #expect(try states().count == 2)
    // Where nothing is.
    try FileManager.default.removeItem(atPath: directory(".stella"))
    try scene.expect(["restore", copy], 0)
    try verify()
    #expect(try runs() == before)
    #expect(try scene.stella(["backup", copy]).status == 4)
  }

  @Test(
    "What isn't as its manifest says is refused, and the state stays",
    arguments: ["stella.db", "log.key", "manifest.json", "gone"])
  func damaged(_ file: String) throws {
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "copy"], 0)
    let before = try runs()
    if file == "gone" {
      try FileManager.default.removeItem(atPath: directory("copy/log.key"))
    } else {
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: directory("copy/\(file)")))
      try handle.seek(toOffset: 30)
      try handle.write(contentsOf: Data("X".utf8))
      try handle.close()
    }
    let said = try scene.stella(["restore", "copy", "--force"])
    #expect(said.status == 7, "\(said)")
    #expect(try states() == [".stella"])
    #expect(try runs() == before)
    try verify()
  }

  @Test("A manifest of somebody else's making leads nowhere else, and another digest than the known one is refused")
  func hostile() throws {
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "copy"], 0)
    let manifest = try String(contentsOfFile: directory("copy/manifest.json"), encoding: .utf8)
    #expect(
      try scene.stella(["restore", "copy", "--force", "--manifest", "sha256:" + String(repeating: "0", count: 64)])
        .status == 7)
    for path in ["../evil", "/etc/passwd", "a/../../b", "", "stella.db"] {
      try directory.write("copy/manifest.json", manifest.replacing("\"log.key\"", with: "\"\(path)\""))
      #expect(try scene.stella(["restore", "copy", "--force"]).status == 7)
    }
    #expect(try states() == [".stella"])
  }

  @Test(
    "No backup goes into the state that the next one copies",
    arguments: [".stella/copy", "link/copy.tar", ".stella/sub/copy/"])
  func within(_ path: String) throws {
    _ = try scene.propose("pair", "s1")
    try FileManager.default.createDirectory(atPath: directory(".stella/sub"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: directory("link"), withDestinationPath: ".stella/sub")
    let said = try scene.expect(["backup", path], 3)
    #expect(said.errors.contains("in the state directory"), "\(said)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory(".stella/sub")) == [])
  }

  @Test("A link in the state is not followed, and it is said that what it leads to is missing")
  func links() throws {
    _ = try scene.propose("pair", "s1")
    for path in ["disk", ".stella/sub"] {
      try FileManager.default.createDirectory(atPath: directory(path), withIntermediateDirectories: false)
    }
    try directory.write("disk/more", "1")
    for link in [".stella/elsewhere", ".stella/sub/more"] {
      try FileManager.default.createSymbolicLink(atPath: directory(link), withDestinationPath: directory("disk"))
    }
    let said = try scene.expect(["backup", "copy", "--output", "json"], 0)
    let object = try #require(JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any])
    #expect(object["left_out"] as? [String] == ["elsewhere", "sub/more"])
    for link in ["elsewhere", "sub/more"] { #expect(said.errors.contains("/\(link) is a link"), "\(said)") }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory("copy"))
    #expect(!names.contains("elsewhere") && !names.contains("sub"))
  }

  @Test("A state that a link leads to is replaced where it is, and the link stays")
  func linked() throws {
    _ = try scene.propose("pair", "s1")
    try FileManager.default.createDirectory(atPath: directory("disk"), withIntermediateDirectories: false)
    try FileManager.default.moveItem(atPath: directory(".stella"), toPath: directory("disk/state"))
    try FileManager.default.createSymbolicLink(atPath: directory(".stella"), withDestinationPath: "disk/state")
    let before = try runs()
    try scene.expect(["backup", "copy"], 0)
    try scene.expect(["restore", "copy", "--force"], 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: directory(".stella")) == "disk/state")
    #expect(try states() == [".stella"])
    let names = try FileManager.default.contentsOfDirectory(atPath: directory("disk")).sorted()
    #expect(names.count == 2 && names[0] == "state" && names[1].hasPrefix("state.before-"), "\(names)")
    #expect(try runs() == before)
    try verify()
  }

  @Test("A state in use is not replaced, whatever is asked")
  func inUse() throws {
    _ = try scene.propose("pair", "s1")
    try scene.start()
    try scene.expect(["backup", "copy"], 0)
    for arguments in [["restore", "copy"], ["restore", "copy", "--force"]] {
      let said = try scene.stella(arguments)
      #expect(said.status == 4 && said.errors.contains("in use"), "\(said)")
    }
    #expect(scene.stop() == 0)
    #expect(try states() == [".stella"])
  }

  @Test("Backups under load are each a whole state: what was read is kept, and what isn't yet is read after a restore")
  func underLoad() throws {
    try directory.write(
      "Rules/each.lua",
      """
      return rule {
        api = 1, id = "test.each", title = "A number", severity = "high", type = "test", by = { "seq" }, max_keys = 100000,
        where = [[seq ~= nil]], suppress_for = "0s", threshold = { count = 1, within = "1s", window = "from_first" },
      }

      """)
    try scene.start()
    for round in 0..<5 {
      try directory.append("app.jsonl", CommandDirectory.lines(round * 200 + 1...round * 200 + 200))
      try scene.expect(["backup", "copy\(round)"], 0)
    }
    #expect(scene.stop() == 0)
    try scene.expect(["restore", "copy2", "--force"], 0)
    try verify()
    try scene.start()
    let end = Date(timeIntervalSinceNow: StellaProcess.patience)
    var seen: Set<Int> = []
    while seen.count < 1000, Date() < end {
      let listed = try scene.expect(["alerts", "list", "--all", "--limit", "5000", "--output", "json"], 0).output
      seen = Set(
        listed.split(separator: "\n").compactMap { line in
          let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
          return (object?["key"] as? [String: Any])?["seq"] as? Int
        })
    }
    #expect(seen == Set(1...1000))
    #expect(scene.stop() == 0)
    try verify()
  }

  @Test("A restore that is killed leaves the former state or the restored one, whole")
  func killed() throws {
    _ = try scene.propose("pair", "s1")
    try scene.expect(["backup", "copy"], 0)
    _ = try scene.propose("own", "s2")
    let (old, new) = (2, 1)
    for delay in [0, 1, 2, 4, 8, 16, 32, 64, 128] as [Int] {
      let process = try directory.stella(["restore", "copy", "--force"])
      // How far it comes is left to chance; what is there afterwards is not.
      var spins = 0
      while spins < delay * 2000 {
        spins += 1
        _ = access(directory("copy"), F_OK)
      }
      process.send(SIGKILL)
      _ = process.status()
      try verify()
      let count = try runs().split(separator: "\n").count
      #expect(count == old || count == new, "\(count)")
    }
    try scene.expect(["restore", "copy", "--force"], 0)
    #expect(try runs().split(separator: "\n").count == new)
    try verify()
  }

  @Test("A run that was carried out after the backup is told, and nothing is done again by itself")
  func later() throws {
    let run = try scene.propose("repair", "s3")
    try scene.expect(["backup", "copy"], 0)
    try scene.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "yes"], 0)
    try scene.expect(["runs", "execute", run.id], 0)
    #expect(try scene.value("SELECT state FROM jobs WHERE service = 's3'") == "queued")
    let said = try scene.expect(["restore", "copy", "--force"], 0)
    #expect(said.output.contains(run.id) && said.output.contains("stella runs withdraw \(run.id)"), "\(said)")
    #expect(said.output.contains("another execution log has begun"), "\(said)")
    try verify()
    #expect(try scene.stella(["freeze", "status"]).status == 8)
  }

  @Test("Who was shut out after the backup stays out, sessions are over, and what nobody can know is said")
  func shutOut() throws {
    let access = try AccessScene()
    try access.start()
    for name in ["ann", "cleo"] { try access.add(name, roles: ["viewer"]) }
    try access.add("ben", roles: ["admin"])
    for name in ["kept", "stolen"] { _ = try access.token(name, "read") }
    let secret = try access.logIn("ann")
    let session = [("authorization", "Bearer \(secret)")]
    #expect(try access.send("GET", "/api/v1/alerts", session).status == 200)
    try access.expect(["backup", "copy"])
    try access.add("dora", roles: ["admin"])
    try access.expect(["users", "disable", "ben"])
    try access.expect(["users", "roles", "cleo", "--role", "editor"])
    try access.expect(["tokens", "revoke", "stolen"])
    access.stop()
    let said = try access.expect(["restore", "copy", "--force"])
    #expect(said.output.contains("cleo has the password") && !said.output.contains("ann has"), "\(said)")
    #expect(!said.output.contains("stella tokens list"), "\(said)")
    #expect(said.output.contains("ben was disabled since") && said.output.contains("stella users enable"), "\(said)")
    func listed(_ what: String) throws -> [String: [String: Any]] {
      let lines = try access.expect([what, "list", "--output", "json"]).output.split(separator: "\n")
      let objects = lines.compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
      return Dictionary(objects.map { ($0["name"] as? String ?? "", $0) }, uniquingKeysWith: { $1 })
    }
    let users = try listed("users")
    #expect(users["ben"]?["disabled"] as? Bool == true && users["ann"]?["disabled"] as? Bool == false)
    #expect(users["cleo"]?["roles"] as? [String] == ["viewer"])
    let tokens = try listed("tokens")
    #expect(tokens["stolen"]?["valid"] as? Bool == false && tokens["kept"]?["valid"] as? Bool == true)
    try access.expect(["log", "verify"])
    try access.start()
    #expect(try access.send("GET", "/api/v1/alerts", session).status == 401)
    access.stop()
    // Nobody knows what was done since.
    try FileManager.default.removeItem(atPath: access.directory(".stella"))
    #expect(try access.expect(["restore", "copy"]).output.contains("stella tokens list"))
  }

  @Test("Where the state is in no place to be replaced, it is said which place would do")
  func place() {
    for code in [EACCES, EBUSY] {
      let told = StateRestore.failure("can't be replaced", "/var/lib/stella", code).message
      #expect(told.contains("write in /var/lib,") && told.contains("mount point") && told.contains("`state:`"))
    }
    #expect(!StateRestore.failure("can't be made", "/var/lib/stella", ENOSPC).message.contains("mount point"))
  }
}
