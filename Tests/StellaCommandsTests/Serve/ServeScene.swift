import Foundation
import GRDB
import StellaModel
import StellaSQLite
import Testing

/// A state directory with runs that wait, and a `stella serve` on it that can be started and ended.
final class ServeScene {
  let directory = try! CommandDirectory()
  private(set) var server: StellaProcess?
  private let state: String

  /// - Parameter state: the state directory.
  init(state: String = ".stella") throws {
    self.state = state
    try directory.write(
      "stella.yaml",
      """
      state: \(state)
      users:
        mara: { uids: [\(getuid())], roles: [approver, admin], groups: [dba] }
        ivo: { uids: [4000000], roles: [approver] }
      policies:
        - { name: pair, fixes: [pair], total: 2, four_eyes: [] }
        - { name: own, fixes: [own], four_eyes: [requester] }
        - { name: data, four_eyes: [], cooldown: 0s, attempts: 1000 }
      targets:
        app-db: { kind: sqlite, path: \(directory("app.db")) }
        local: { kind: host, commands: [{ argv: [\(directory("slow"))] }] }

      """)
    try FileManager.default.createDirectory(atPath: directory("Fixes"), withIntermediateDirectories: true)
    try directory.write(
      "Fixes/slow.lua",
      """
      return fix {
        api = 1, id = "slow", title = "Slowly", handles = { "service.other" }, params = { service = "string" },
        targets = { "local" },
        plan = function(ctx, p) return { exec { target = "local", argv = { "\(directory("slow"))" } } } end,
      }

      """)
    // Says that it has begun, and ends when somebody reads what it writes.
    try directory.write(
      "slow", "#!/bin/sh\ncd \(directory.path) || exit 9\ntouch begun\necho done > gate\ntouch ended\n")
    chmod(directory("slow"), 0o700)
    mkfifo(directory("gate"), 0o600)
    for id in ["repair", "pair", "own"] { try directory.write("Fixes/\(id).lua", Self.fix(id)) }
    try FileManager.default.removeItem(atPath: directory("Rules/each.lua"))
    try directory.write(
      "Rules/broken.lua",
      """
      return rule {
        api = 1, id = "service.broken", title = "Broken", severity = "high", by = { "service" },
        where = [[message == "broken"]], threshold = { count = 1, within = "1s" },
      }

      """)
    try directory.write("app.jsonl", "")
    let queue = try DatabaseQueue(path: directory("app.db"))
    try queue.write { db in
      try db.execute(
        sql: "CREATE TABLE jobs (id INTEGER PRIMARY KEY, service TEXT NOT NULL, state TEXT NOT NULL)")
      for id in 1...20 {
        try db.execute(sql: "INSERT INTO jobs VALUES (?, ?, 'stuck')", arguments: [id, "s\(id)"])
      }
    }
    try queue.close()
    try expect(["fixes", "target", "init", "app-db"], 0)
  }

  private static func fix(_ id: String) -> String {
    """
    return fix {
      api = 1, id = "\(id)", title = "Repair by \(id)", params = { service = "string" }, targets = { "app-db" },
      \(id == "repair" ? #"handles = { "service.broken" },"# : #"handles = { "service.other" },"#)
      plan = function(ctx, p)
        return { sql.update { target = "app-db", table = "jobs", where = { service = p.service }, set = { state = "queued" } } }
      end,
      verify = function(ctx, p)
        return ctx.db("app-db"):value("select count(*) from jobs where service = ? and state <> 'queued'", p.service) == 0
      end,
    }

    """
  }

  // MARK: - Commands

  struct Said: Equatable {
    var status: Int32
    var output: String
    var errors: String
  }

  @discardableResult
  func stella(_ arguments: [String]) throws -> Said {
    let process = try directory.stella(arguments)
    let status = process.status()
    return Said(status: status, output: process.output, errors: process.errors)
  }

  @discardableResult
  func expect(_ arguments: [String], _ status: Int32) throws -> Said {
    let said = try stella(arguments)
    try #require(said.status == status, "\(arguments): \(said)")
    return said
  }

  /// A run of a fix that waits, asked for by who runs the tests.
  func propose(_ fix: String, _ service: String) throws -> (id: String, digest: String) {
    let said = try expect(["fixes", "plan", fix, "--param", "service=\(service)", "--propose", "--output", "json"], 0)
    return try run(said.output)
  }

  /// The ids of alerts about these services, which are kept and proposed for.
  func alerts(_ services: [String]) throws -> [String] {
    let lines = services.map {
      "{\"ts\":1750000000,\"level\":\"error\",\"service\":\"\($0)\",\"message\":\"broken\"}\n"
    }
    try directory.write("old.jsonl", lines.joined())
    try expect(["watch", "--no-follow", "--propose", "--quiet", "old.jsonl"], 0)
    let listed = try expect(["alerts", "list", "--all", "--output", "json"], 0).output
    return try listed.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["id"] as? String)
    }
  }

  private func run(_ json: String) throws -> (id: String, digest: String) {
    let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let digest = try #require(object["digest"] as? String)
    return (try #require(object["id"] as? String), String(digest.dropFirst("sha256:".count).prefix(12)))
  }

  /// The one run that waits.
  func waiting() throws -> (id: String, digest: String) {
    try run(expect(["approvals", "list", "--output", "json"], 0).output)
  }

  func value(_ sql: String) throws -> String? {
    let queue = try DatabaseQueue(path: directory("app.db"))
    defer { try? queue.close() }
    return try queue.read { try String.fetchOne($0, sql: sql) }
  }

  func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: directory("app.db"))
    defer { try? queue.close() }
    try queue.write { try $0.execute(sql: sql) }
  }

  // MARK: - The server

  var socket: String { (state.hasPrefix("/") ? state : directory(state)) + "/stella.sock" }

  func start() throws {
    let server = try directory.stella(["serve", "app.jsonl"])
    let isUp = server.until { $0.errors.contains("serving at") && $0.errors.contains("watching") }
    try #require(isUp, "\(server.errors)")
    self.server = server
  }

  /// - Returns: its exit status.
  @discardableResult
  func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    server?.send(signal)
    defer { server = nil }
    return server?.status() ?? -1
  }

  // MARK: - The same situation again

  func keep() throws {
    try FileManager.default.copyItem(atPath: directory(state), toPath: directory("kept"))
    try FileManager.default.copyItem(atPath: directory("app.db"), toPath: directory("kept.db"))
  }

  func restore() throws {
    try FileManager.default.removeItem(atPath: directory(state))
    try FileManager.default.copyItem(atPath: directory("kept"), toPath: directory(state))
    // Into the same file: another one in its place would be another target.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory("app.db")))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: directory("kept.db"))))
    try file.close()
  }
}
