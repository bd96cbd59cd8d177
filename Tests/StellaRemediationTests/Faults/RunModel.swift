import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

/// A seeded walk through what people, engines, targets, clocks and crashes can do to runs, on the real store and the real
/// remediation. Two engines take turns; each of them may end before or after any of its transactions.
final class RunModel {
  typealias Store = FaultyStore<SQLiteStore>

  /// What is deliberately wrong, for showing that it would be found.
  enum Flaw: CaseIterable {
    /// The target claims to be what the plan was made for, whatever it is: planning again under the lock sees nothing.
    case unseenDrift
    /// Effects are performed twice.
    case stutter
  }

  let harness: RunHarness
  let database: JobDatabase
  let hook = LedgerTarget("hook", arrival: .seconds(60))
  private let flaw: Flaw?
  private var random: SeededRandom
  private let connections: [SQLiteStore]
  private var engines: [(store: Store, runner: Runner<Store>)?] = [nil, nil]
  private var places = 1
  private var alerts = 0
  private var formerDigests: [PlanDigest] = []
  /// How much time had really passed, and how often the machine had started, when each record was written.
  private(set) var moments: [(elapsed: Int64, boots: Int)] = []
  private var elapsed: Int64 = 0
  private var boots = 0
  private var sentAt: Int64 = 0

  static let services = ["a", "b", "c", "d"]

  init(seed: UInt64, flaw: Flaw? = nil) throws {
    self.flaw = flaw
    random = SeededRandom(seed: seed)
    harness = try RunHarness()
    database = try JobDatabase(path: harness.path + "/app.db", services: Self.services)
    harness.targets.databases = ["app-db": database.target]
    harness.targets.executors = ["hook": flaw == .stutter ? Stutterer(target: hook) : hook]
    harness.load(
      JobDatabase.fix(
        JobDatabase.request(1, probe: true), JobDatabase.update, JobDatabase.request(2),
        before: "if p.service == \"d\" then return { \(JobDatabase.update) } end"))
    var policy = Policy(name: "model")
    policy.cooldown = 0
    policy.attempts = .init(count: 1000, within: Policy.hour)
    policy.breaker = .init(count: 1000, within: Policy.hour)
    policy.fourEyes = .off
    harness.policies = PolicySet([policy])
    connections = [try harness.connection(), try harness.connection()]
  }

  private struct Stutterer: EffectExecutor {
    let target: LedgerTarget
    var name: String? { target.name }
    var arrival: Duration { target.arrival }
    func identity() throws(TargetError) -> TargetIdentity? { try target.identity() }
    func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission { try target.admit(effect) }
    func observe(_ effect: Effect) -> EffectOutcome { target.observe(effect) }
    func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
      _ = target.perform(effect, marker: marker)
      return target.perform(effect, marker: marker)
    }
  }

  // MARK: - Walking

  /// - Throws: what is no answer that anybody may get.
  func walk(steps: Int) throws {
    for _ in 0..<steps {
      try step()
      try note()
    }
  }

  /// Nothing fails any more: after a while each run has ended or waits for people.
  func settle() throws {
    hook.lose()
    hook.become([.obedient])
    _ = try harness.remediation.setFreeze(false, by: "ivo", reason: "over")
    let runner = try harness.runner()
    for _ in 0..<40 {
      _ = try runner.recover()
      _ = try runner.turn()
      try note()
      pass(Policy.minute)
    }
  }

  /// When what was recorded since the last time was written.
  private func note() throws {
    let size = Int(try harness.store.readRuns { $0.head.size })
    while moments.count < size { moments.append((elapsed, boots)) }
  }

  private func pass(_ time: Int64) {
    harness.time.advance(by: time)
    elapsed += time
    // What hasn't arrived within the target's time never does.
    if elapsed - sentAt >= 60_000_000_000 { hook.lose() }
  }

  private func step() throws {
    switch random.below(24) {
    case 0...2: try tolerate { try self.propose() }
    case 3...6: try tolerate { try self.vote() }
    case 7...11, 20: try turn(random.below(2))
    case 12: drift()
    case 13: try database.set(Self.services[random.below(4)], random.chance(2) ? "stuck" : "odd")
    case 14: pass([1_000_000_000, 4 * Policy.minute, 14 * Policy.minute][random.below(3)])
    case 15: setClock()
    case 16:
      let isFrozen = random.chance(3)
      try tolerate { _ = try self.harness.remediation.setFreeze(isFrozen, by: "ivo", reason: "model") }
    case 17, 21...23: try tolerate { try self.change() }
    case 18:
      let manners: [LedgerTarget.Manner] = [.obedient, .silent, .deaf, .refusing, .late, .obedient]
      let manner = manners[random.below(6)]
      hook.become(random.chance(2) ? [manner, .obedient] : [manner, manner, manner, .obedient])
      sentAt = elapsed
    default:
      if random.chance(2) { hook.arrive() } else { hook.lose() }
    }
  }

  /// What people may be told; anything else is a fault.
  private func tolerate(_ body: () throws -> Void) throws {
    do { try body() } catch is RemediationError {} catch is RefusedBallot {}
  }

  private func runs(_ states: RunState...) throws -> [Run] {
    var query = RunQuery()
    query.states = states
    return try harness.store.readRuns { try $0.runs(query) }
  }

  private func pick(_ runs: [Run]) -> Run? { runs.isEmpty ? nil : runs[random.below(runs.count)] }

  private func propose() throws {
    alerts += 1
    let service = Self.services[random.below(4)]
    if let run = try harness.remediation.propose(RunHarness.alert("alert \(alerts)", service: service)),
      let digest = run.digest
    {
      formerDigests.append(digest)
    }
  }

  private func vote() throws {
    // Rollbacks are rare, and go on for longest.
    let undoing = try runs(.awaiting).filter { $0.rollsBack != nil }
    guard let run = pick(undoing.isEmpty || random.chance(3) ? try runs(.awaiting, .approved, .expired) : undoing),
      let digest = run.digest
    else { return }
    let given = random.chance(6) ? formerDigests[random.below(formerDigests.count)] : digest
    let outcome = try harness.remediation.vote(
      random.chance(8) ? .reject : .approve, on: run.id, by: random.chance(2) ? "mara" : "ivo", digest: given.short,
      reason: "model")
    #expect(given == run.digest, "a vote on another plan was taken: \(outcome)")
  }

  private func change() throws {
    let remediation = harness.remediation
    switch random.below(5) {
    case 0:
      if let run = pick(try runs(.awaiting, .approved, .frozen)) {
        _ = try remediation.withdraw(run.id, by: "ivo", reason: "m")
      }
    case 1: if let run = pick(try runs(.awaiting, .approved)) { _ = try remediation.replan(run.id, by: "user:ivo") }
    case 2:
      if let run = pick(try runs(.succeeded, .partial, .rollbackConflict, .rollbackFailed)) {
        _ = try remediation.requestRollback(of: run.id, by: "user:mara")
      }
    case 3:
      if let run = pick(try runs(.unknown, .rollbackUnknown)) {
        _ = try remediation.reconcile(run.id, isApplied: random.chance(2), by: "ivo", reason: "m")
      }
    default:
      if let run = pick(try runs(.partial, .rollbackConflict, .rollbackFailed)) {
        _ = try remediation.accept(run.id, by: "ivo", reason: "m")
      }
    }
  }

  private func drift() {
    places += 1
    hook.move(to: "place \(places)", seeming: flaw == .unseenDrift ? "ledger-1" : nil)
  }

  private func setClock() {
    if random.chance(6) {
      // The machine starts anew: nobody is left who could act.
      harness.time.restart()
      boots += 1
      engines = [nil, nil]
      hook.lose()
    }
    harness.time.set(by: ClockTests.jumps[random.below(4)])
  }

  /// An engine starts, or goes on, and perhaps ends at one of its writes.
  private func turn(_ number: Int) throws {
    do {
      let engine = try engines[number] ?? start(number)
      if random.chance(2) {
        let faults: [Store.Fault?] =
          Array(repeating: nil, count: random.below(9)) + [random.chance(2) ? .endBefore : .endAfter]
        engine.store.next(faults)
      }
      if engines[number] == nil { try engine.runner.recover() }
      engines[number] = engine
      sentAt = elapsed
      if random.chance(2), try runs(.approved).contains(where: { $0.rollsBack != nil }) {
        hook.become(random.chance(2) ? [.refusing, .obedient] : [.deaf, .silent, .deaf, .obedient])
      }
      if random.chance(4), let run = pick(try runs(.approved)) {
        _ = try engine.runner.execute(run.id)
      } else {
        _ = try engine.runner.turn()
      }
      engine.store.next([])
    } catch is StoreError {
      // It has ended, or another one has taken its place.
      engines[number] = nil
    } catch is RemediationError {
      // Of one run, as one that was withdrawn meanwhile.
    }
  }

  private func start(_ number: Int) throws -> (store: Store, runner: Runner<Store>) {
    let store = FaultyStore(connections[number])
    return (store, try Runner(harness.remediation(on: store), holder: "engine \(number)"))
  }
}
