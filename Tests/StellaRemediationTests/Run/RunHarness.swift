import Foundation
import StellaModel
import StellaSQLite
import StellaScripting
import StellaTesting
import Testing

@testable import StellaRemediation

/// Remediation on a real store in a directory of its own, with a clock that a test moves and targets that keep a ledger.
final class RunHarness {
  let path = NSTemporaryDirectory() + "stella-run-" + UUID().uuidString
  let store: SQLiteStore
  let time = ManualTime()
  /// What takes the place of `time`, if anything.
  var clock: (any TimeSource)?
  let sealer: LogSealer
  let log: String
  let directory: StateDirectory
  var targets = TargetSet()
  var policies = PolicySet()
  var fixes = FixSet(sources: [])
  var people: People

  static let key = LogSigningKey(seed: Array(repeating: 1, count: 32))!

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    directory = try StateDirectory(path: path + "/state")
    store = try SQLiteStore(directory)
    sealer = try #require(
      LogSealer(
        engine: "test", key: Self.key, own: FileAnchor(path: directory.logCheckpoints),
        others: [FileAnchor(path: path + "/anchor")]))
    log = try sealer.open(store, as: .command, time: time.now(), actor: "engine", nonce: [1]).hex
    people = try People.checked(
      [
        Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.approver]),
        Person(name: "ivo", uids: [1002], groups: ["payments"], roles: [.approver]),
        Person(name: "root", uids: [0], groups: [], roles: [.admin]),
      ], groups: ["sre", "payments"])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load(_ sources: String...) {
    fixes = FixSet(
      sources: sources.enumerated().map { RuleSource(file: "fix\($0 + 1).lua", text: Array($1.utf8)) })
    for refusal in fixes.refusals { Issue.record("\(refusal.errors)") }
  }

  var remediation: Remediation<SQLiteStore> { remediation(on: store) }

  /// - Parameter store: the harness's own, or another way to the same file.
  func remediation<Store: RunStore>(on store: Store, reserve: (any SpaceReserve)? = nil) -> Remediation<Store> {
    Remediation(
      store: store, journal: RunJournal(time: clock ?? time) { Array(repeating: 7, count: 32) }, fixes: fixes,
      targets: targets, policies: policies, people: people, reserve: reserve ?? StateReserve(directory), log: log)
  }

  /// The same file through connections of its own, as another process has it.
  func connection() throws -> SQLiteStore { try SQLiteStore(directory) }

  func runner() throws -> Runner<SQLiteStore> { try Runner(remediation, holder: "a test") }

  func run(_ id: String) throws -> Run { try #require(try store.readRuns { try $0.run(id) }) }
  func steps(_ id: String) throws -> [RunStep] { try store.readRuns { try $0.steps(of: id) } }

  func runs(_ states: RunState...) throws -> [Run] {
    var query = RunQuery()
    query.states = states
    return try store.readRuns { try $0.runs(query) }
  }

  /// `kind event` of every record about the run.
  func records(of run: String) throws -> [String] {
    try records().filter { $0.run == run }.map { record in
      [record.kind.rawValue, record.text("event") ?? record.text("function") ?? ""].filter { !$0.isEmpty }
        .joined(separator: " ")
    }
  }

  func records() throws -> [LogRecord] {
    try store.readLog { source in
      var records: [LogRecord] = []
      while let item = try source.next() {
        if case .record(let stored) = item { records.append(try LogRecord(bytes: stored.bytes)) }
      }
      return records
    }
  }

  func checkLog() throws {
    _ = try sealer.seal(store, as: .command, time: time.now())
    let report = LogAnchorReport(asking: FileAnchor(path: path + "/anchor"))
    let verification = try store.readLog {
      try LogVerifier.verify($0, trusted: [Self.key.publicKey], anchors: [report])
    }
    #expect(verification.faults.isEmpty, "\(verification.faults)")
    // An intent has no outcome only while its run waits for one.
    for item in verification.openItems {
      let state = try run(item.run).state
      #expect(state == .unknown || state == .applying, "\(item) of a run that is \(state)")
    }
  }

  func vote(_ run: Run, by voter: String, _ decision: RunVote.Decision = .approve) throws -> DecisionOutcome {
    try remediation.vote(
      decision, on: run.id, by: voter, digest: try #require(run.digest).short, reason: "looked at it")
  }

  static func alert(_ id: String = "a1", service: String = "shop", rule: String = "service.down") -> Alert {
    Alert(
      id: id, rule: rule, type: "service_down", severity: .high, title: "down", summary: "it is down",
      key: [.init("service", .string(service))], status: .firing, revision: 1, firstSeen: 1, lastSeen: 2, count: 3)
  }

  /// One request with a key; with `class`, of another class.
  static func request(id: String = "restart", class effectClass: EffectClass = .keyed, count: Int = 1) -> String {
    let means: String
    switch effectClass {
    case .keyed: means = "idempotency_header = \"idempotency-key\","
    case .probe:
      means = "observe = { url = \"https://hook.internal/state\", applied = { 200 }, not_applied = { 404 } },"
    default: means = ""
    }
    let effects = (1...count).map { number in
      """
      http.request { target = "hook", method = "POST", url = "https://hook.internal/\(number)/" .. p.service, \(means)
        undo = http.request { target = "hook", method = "DELETE", url = "https://hook.internal/\(number)/" .. p.service,
          idempotency_header = "idempotency-key" } },
      """
    }
    return """
      return fix {
        api = 1, id = "\(id)", title = "Start it again", handles_type = { "service_down" },
        params = { service = "string" }, targets = { "hook" },
        plan = function(ctx, p)
          return { \(effects.joined(separator: "\n")) }
        end,
      }
      """
  }
}
