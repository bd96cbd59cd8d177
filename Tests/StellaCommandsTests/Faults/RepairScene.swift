import Foundation
import GRDB
import StellaModel
import StellaRemediation
import StellaSQLite
import Testing

/// A service with something to repair, by a fix with an effect of every class: rows of a SQLite file, a request with a key to
/// a service that keeps a ledger, and a command that leaves a line each time it takes effect.
final class RepairScene {
  enum Last { case probe, blind }

  static let secret = "hunter2-correct-horse"
  static let rows = 3

  let directory = try! CommandDirectory()
  let server: LedgerServer
  let crash: CrashPoints
  private(set) var run = ""
  private let last: Last
  private let isSafe: Bool

  /// - Parameters:
  ///   - last: the class of the third effect.
  ///   - rollsBack: whether the policy undoes what stopped halfway.
  ///   - approvals: how many people must approve.
  ///   - isSafe: whether the fix changes no rows, and what it does is done at once.
  ///   - lockTimeout: how long to wait for who holds the database.
  init(
    last: Last = .probe, rollsBack: Bool = false, approvals: Int = 1, isSafe: Bool = false,
    lockTimeout: String = "100ms"
  ) throws {
    self.last = last
    self.isSafe = isSafe
    server = try LedgerServer(authorization: "Bearer \(Self.secret)")
    crash = try CrashPoints(in: directory, counting: directory.path)
    try makeDatabase()
    for (name, work) in [("make", "mkdir made"), ("unmake", "rmdir made")] {
      try directory.write(
        name,
        """
        #!/bin/sh
        cd \(directory.path) || exit 9
        [ -e refuse ] && exit 1
        [ -p gate ] && echo begun > begun && read -r line < gate
        echo \(name) >> ledger
        \(work)

        """)
      chmod(directory(name), 0o700)
    }
    try directory.write("token", Self.secret + "\n")
    chmod(directory("token"), 0o600)
    try directory.write("stella.yaml", configuration(rollsBack, approvals, lockTimeout))
    try FileManager.default.createDirectory(atPath: directory("Fixes"), withIntermediateDirectories: true)
    try directory.write("Fixes/repair.lua", fix)
    try FileManager.default.removeItem(atPath: directory("Rules/each.lua"))
    try directory.write(
      "Rules/broken.lua",
      """
      return rule {
        api = 1, id = "service.broken", title = "Broken", severity = "high", by = { "service" },
        where = [[message == "broken"]], threshold = { count = 1, within = "1s" },
      }

      """)
    try directory.write("app.jsonl", Self.line("shop"))
    try expect(["fixes", "target", "init", "app-db"], 0)
  }

  private func configuration(_ rollsBack: Bool, _ approvals: Int, _ lockTimeout: String) -> String {
    """
    users:
      mara: { uids: [\(getuid())], roles: [approver] }
      ivo: { uids: [\(getuid() + 1)], roles: [approver] }
    policies:
      - { name: data, four_eyes: [], total: \(approvals), cooldown: 0s, attempts: 1000, auto_rollback: \(rollsBack) }
    secrets: { token: { version: "1", file: \(directory("token")) } }
    targets:
      app-db: { kind: sqlite, path: \(directory("app.db")), lock_timeout: \(lockTimeout) }
      hook:
        kind: http
        address: http://127.0.0.1:\(server.port)
        allow:
          - { method: POST, path: '/things/{word}', safe: \(isSafe) }
          - { method: DELETE, path: '/things/{word}' }
      local:
        kind: host
        commands:
          - { argv: [\(directory("make"))], safe: \(isSafe) }
          - { argv: [\(directory("unmake"))] }
          - { argv: [/usr/bin/test, -d, \(directory("made"))] }

    """
  }

  private var fix: String {
    func request(_ method: String) -> String {
      """
      http.request { target = "hook", method = "\(method)", url = "http://127.0.0.1:\(server.port)/things/" .. p.service,
        secret_headers = { authorization = { prefix = "Bearer ", secret = "token@1" } },
        idempotency_header = "idempotency-key", expect = { 200 }
      """
    }
    func observe(_ applied: Int) -> String {
      guard last == .probe else { return "" }
      return """
        observe = { argv = { "/usr/bin/test", "-d", "\(directory("made"))" }, applied = { \(applied) },
          not_applied = { \(1 - applied) } },
        """
    }
    let rows = """
      sql.update { target = "app-db", table = "jobs", where = { service = p.service }, set = { state = "queued" } },
      sql.update { target = "app-db", table = "notes", where = { service = p.service }, set = { text = "again" } },
      """
    return """
      return fix {
        api = 1, id = "repair", title = "Repair", handles = { "service.broken" }, params = { service = "string" },
        targets = { "app-db", "hook", "local" },
        plan = function(ctx, p)
          return {
            \(isSafe ? "" : rows)
            \(request("POST")), undo = \(request("DELETE")) } },
            exec { target = "local", argv = { "\(directory("make"))" }, \(observe(0))
              undo = exec { target = "local", argv = { "\(directory("unmake"))" }, \(observe(1)) } },
          }
        end,
        verify = function(ctx, p)
          return ctx.db("app-db"):value("select count(*) from jobs where state <> 'queued'") == \(isSafe ? Self.rows : 0)
        end,
      }

      """
  }

  /// The triggers keep a ledger of what really happened to each row.
  private func makeDatabase() throws {
    let queue = try DatabaseQueue(path: directory("app.db"))
    try queue.write { db in
      try db.execute(
        sql: """
          CREATE TABLE jobs (id INTEGER PRIMARY KEY, service TEXT NOT NULL, state TEXT NOT NULL);
          CREATE TABLE notes (id INTEGER PRIMARY KEY, service TEXT NOT NULL, text TEXT NOT NULL);
          CREATE TABLE ledger (change TEXT NOT NULL);
          CREATE TRIGGER jobs_ledger AFTER UPDATE ON jobs BEGIN
            INSERT INTO ledger VALUES ('job ' || new.id || ' ' || new.state);
          END;
          CREATE TRIGGER notes_ledger AFTER UPDATE ON notes BEGIN
            INSERT INTO ledger VALUES ('note ' || new.id || ' ' || new.text);
          END;
          """)
      for id in 1...Self.rows {
        try db.execute(sql: "INSERT INTO jobs VALUES (?, 'shop', 'stuck')", arguments: [id])
        try db.execute(sql: "INSERT INTO notes VALUES (?, 'shop', 'old')", arguments: [id])
      }
    }
    try queue.close()
  }

  // MARK: - Commands

  private(set) var said = ""

  /// Runs a command to its end; returns its status.
  @discardableResult
  func stella(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Int32 {
    let process = try directory.stella(arguments, environment: environment)
    let status = process.status()
    said += process.output + process.errors
    lastAnswer = process.output
    lastWords = process.errors
    return status
  }

  /// What the last command said, on its standard output and beside it.
  private(set) var lastAnswer = ""
  private(set) var lastWords = ""

  func expect(_ arguments: [String], _ status: Int32) throws {
    let got = try stella(arguments)
    try #require(got == status, "\(arguments): \(got): \(said)")
  }

  static func line(_ service: String) -> String {
    "{\"ts\":1750000000,\"level\":\"error\",\"service\":\"\(service)\",\"message\":\"broken\"}\n"
  }

  /// From the log line to a plan that awaits its decision.
  static let proposal = ["watch", "--no-follow", "--propose", "--quiet", "app.jsonl"]

  func approval(of run: String) throws -> [String] {
    let found = try state.runs.first { $0.id == run }
    let digest = try #require(found?.digest).short
    return ["approvals", "approve", run, "--digest", digest, "--reason", "seen"]
  }

  /// A run that only needs to be carried out.
  func approve() throws {
    try propose()
    try expect(approval(of: run), 0)
  }

  func propose() throws {
    if try !FileManager.default.fileExists(atPath: directory(".stella")) || state.runs.isEmpty {
      try expect(Self.proposal, 0)
    }
    let first = try state.runs.first
    run = try #require(first).id
  }

  /// The same for what takes a run back.
  func approveRollback(of origin: String) throws {
    try expect(["runs", "rollback", origin], 0)
    let undoing = try state.runs.first { $0.rollsBack == origin }
    run = try #require(undoing).id
    try expect(approval(of: run), 0)
  }

  func execute(_ environment: [String: String] = [:]) throws -> Int32 {
    try stella(["runs", "execute", run], environment)
  }

  /// What a command does in the situation that is kept.
  func trace(_ arguments: [String]) throws -> CrashTrace {
    try restore()
    let trace = directory("trace")
    _ = try stella(arguments, crash.environment(at: 0, trace: trace))
    defer { for name in [trace, trace + ".names"] { try? FileManager.default.removeItem(atPath: name) } }
    return try CrashTrace(trace)
  }

  // MARK: - The same situation again and again

  private static let kept = [".stella", "app.db", "ledger", "made", "refuse"]
  private var keptLedger: [LedgerServer.Entry] = []

  func keep() throws {
    let files = FileManager.default
    try? files.removeItem(atPath: directory("kept"))
    try files.createDirectory(atPath: directory("kept"), withIntermediateDirectories: true)
    for name in Self.kept where files.fileExists(atPath: directory(name)) {
      try files.copyItem(atPath: directory(name), toPath: directory("kept/" + name))
    }
    keptLedger = server.ledger
  }

  func restore() throws {
    let files = FileManager.default
    for name in Self.kept + ["app.db-journal"] where name != "app.db" { try? files.removeItem(atPath: directory(name)) }
    // Into the same file: another one in its place would be another target.
    try directory.write("app.db", "")
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: directory("app.db")))
    try file.write(contentsOf: #require(files.contents(atPath: directory("kept/app.db"))))
    try file.close()
    for name in Self.kept where name != "app.db" && files.fileExists(atPath: directory("kept/" + name)) {
      try files.copyItem(atPath: directory("kept/" + name), toPath: directory(name))
    }
    server.reset(to: keptLedger)
    said = ""
  }

  // MARK: - What became of it

  struct State {
    var runs: [Run] = []
    var steps: [String: [RunStep]] = [:]
    var votes: [String: [RunVote]] = [:]
    var records: [LogRecord] = []
    var faults: [String] = []
  }

  /// Whether there is a store at all.
  var isStored: Bool { FileManager.default.fileExists(atPath: directory(".stella/stella.db")) }

  func run(_ id: String) throws -> Run { try #require(try runs.first { $0.id == id }) }

  var runs: [Run] {
    get throws {
      let store = try SQLiteStore(try StateDirectory(path: directory(".stella")))
      defer { try? store.close() }
      return try store.readRuns { try $0.runs(RunQuery()) }
    }
  }

  /// What the store holds, with its log verified.
  var state: State {
    get throws {
      let folder = try StateDirectory(path: directory(".stella"))
      let store = try SQLiteStore(folder)
      defer { try? store.close() }
      var state = State()
      try store.readRuns { transaction in
        state.runs = try transaction.runs(RunQuery())
        for run in state.runs {
          state.steps[run.id] = try transaction.steps(of: run.id)
          state.votes[run.id] = try transaction.votes(on: run.id)
        }
      }
      state.records = try store.readLog { source in
        var records: [LogRecord] = []
        while let item = try source.next() {
          if case .record(let stored) = item { records.append(try LogRecord(bytes: stored.bytes)) }
        }
        return records
      }
      state.faults = try store.readLog {
        try LogVerifier.verify(
          $0, trusted: [], anchors: [LogAnchorReport(asking: FileAnchor(path: folder.logCheckpoints))])
      }.faults.map(\.text)
      return state
    }
  }

  /// Lines that each say one change of a row.
  var rowLedger: [String] {
    get throws {
      let queue = try DatabaseQueue(path: directory("app.db"))
      defer { try? queue.close() }
      return try queue.read { try String.fetchAll($0, sql: "SELECT change FROM ledger ORDER BY rowid") }
    }
  }

  var commandLedger: [String] {
    ((try? String(contentsOfFile: directory("ledger"), encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  /// Where the secret's bytes are that must be nowhere.
  var leaks: [String] {
    let secret = Data(Self.secret.utf8)
    var found = said.contains(Self.secret) ? ["output"] : []
    let paths = FileManager.default.enumerator(atPath: directory(".stella"))?.allObjects as? [String] ?? []
    for path in paths where FileManager.default.contents(atPath: directory(".stella/" + path))?.range(of: secret) != nil
    {
      found.append(path)
    }
    return found
  }
}
