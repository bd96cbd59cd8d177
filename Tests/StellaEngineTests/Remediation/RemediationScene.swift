import Foundation
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting
import StellaTesting
import Synchronization
import Testing

@testable import StellaEngine

/// A store with one fix on one target, and a thread that keeps what it says in order.
final class RemediationScene {
  typealias Store = FaultyStore<SQLiteStore>

  let path = NSTemporaryDirectory() + "stella-thread-" + UUID().uuidString
  let base: SQLiteStore
  let store: Store
  let time = ManualTime()
  let target: LedgerTarget
  let remediation: Remediation<Store>
  let notices = Notices()

  init(isSafe: Bool = false) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let directory = try StateDirectory(path: path + "/state")
    base = try SQLiteStore(directory)
    store = FaultyStore(base)
    target = LedgerTarget("hook", isSafe: isSafe)
    let key = try #require(LogSigningKey(seed: Array(repeating: 1, count: 32)))
    let sealer = try #require(
      LogSealer(engine: "test", key: key, own: FileAnchor(path: directory.logCheckpoints), others: []))
    let log = try sealer.open(base, as: .command, time: time.now(), actor: "engine", nonce: [1]).hex
    let fixes = FixSet(sources: [RuleSource(file: "fix.lua", text: Array(Self.fix.utf8))])
    #expect(fixes.refusals.isEmpty)
    remediation = Remediation(
      store: store, journal: RunJournal(time: time) { Array(repeating: 7, count: 32) }, fixes: fixes,
      targets: TargetSet(executors: ["hook": target]), policies: PolicySet([]),
      people: try People.checked([Person(name: "mara", uids: [1001], groups: [], roles: [.approver])]),
      reserve: StateReserve(directory), log: log)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func thread(runs: Bool = true) throws -> RemediationThread<Store> {
    let notices = notices
    return try RemediationThread(
      remediation, runner: runs ? try Runner(remediation, holder: "a test") : nil, alertLifetime: .max / 2,
      seal: {},
      onNotice: { notices.add($0) })
  }

  func runs(_ states: RunState...) throws -> [Run] {
    var query = RunQuery()
    query.states = states
    return try base.readRuns { try $0.runs(query) }
  }

  static func alert(_ id: String, service: String, status: Alert.Status = .firing, revision: Int = 1) -> Alert {
    Alert(
      id: id, rule: "service.down", type: "service_down", severity: .high, title: "down", summary: "it is down",
      key: [.init("service", .string(service))], status: status, revision: revision, firstSeen: 1, lastSeen: 2,
      count: 3)
  }

  private static let fix = """
    return fix {
      api = 1, id = "restart", title = "Start it again", handles_type = { "service_down" },
      params = { service = "string" }, targets = { "hook" },
      plan = function(ctx, p)
        return {
          http.request { target = "hook", method = "POST", url = "https://hook.internal/" .. p.service,
            idempotency_header = "idempotency-key" },
        }
      end,
    }
    """
}

/// What a thread said, in order; whoever waits for something is woken by it.
final class Notices: Sendable {
  enum Notice: Sendable, Equatable {
    case proposed(String)
    case notAsked(NotAsked)
    case ran(String, RunState)
    case dropped(Int)
    case trouble
    case recovered
    case fenced
    case silencesChanged
  }

  private let said = Mutex<[Notice]>([])
  private let changed = DispatchSemaphore(value: 0)

  var all: [Notice] { said.withLock { $0 } }

  func add<Store: RunStore>(_ notice: RemediationThread<Store>.Notice) {
    said.withLock { said in
      switch notice {
      case .proposed(let run): said.append(.proposed(run.id))
      case .notAsked(let why): said.append(.notAsked(why))
      case .ran(let run): said.append(.ran(run.id, run.state))
      case .dropped(let count): said.append(.dropped(count))
      case .trouble: said.append(.trouble)
      case .recovered: said.append(.recovered)
      case .fenced: said.append(.fenced)
      case .silencesChanged: said.append(.silencesChanged)
      }
    }
    changed.signal()
  }

  /// Waits until something like it was said; that it never is ends the test.
  func wait(for isIt: (Notice) -> Bool) throws {
    while !all.contains(where: isIt) {
      try #require(changed.wait(timeout: .now() + 60) == .success, "it never came: \(all)")
    }
  }

  var droppedCount: Int {
    all.reduce(0) { sum, notice in if case .dropped(let count) = notice { sum + count } else { sum } }
  }
}
