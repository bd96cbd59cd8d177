import StellaModel
import StellaTesting
import Synchronization
import Testing

@testable import StellaRemediation

@Suite("A freeze at any moment")
struct FreezeTests {
  let harness: RunHarness
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request(count: 2))
  }

  private func proposed() throws -> Run { try #require(try harness.remediation.propose(RunHarness.alert())) }

  private func freeze(_ isFrozen: Bool = true) throws {
    _ = try harness.remediation.setFreeze(isFrozen, by: "ivo", reason: "incident")
  }

  private func intentsWhileFrozen() throws -> Int {
    var isFrozen = false
    return try harness.records().count { record in
      if record.kind == .frozen { isFrozen = true }
      if record.kind == .thawed { isFrozen = false }
      return isFrozen && record.kind == .effectIntended
    }
  }

  @Test("While planning and while people decide it holds nothing up but the effects")
  func before() throws {
    try freeze()
    let run = try proposed()
    #expect(run.state == .awaiting)
    #expect(try harness.vote(run, by: "mara").run.state == .approved)
    let runner = try harness.runner()
    #expect(try runner.turn().isEmpty)
    let frozen = #expect(throws: RemediationError.self) { try runner.execute(run.id) }
    #expect(frozen?.code == .frozen)
    #expect(try harness.run(run.id).state == .frozen)
    // Frozen, it still can be taken back, and its time runs.
    harness.time.advance(by: 31 * Policy.minute)
    try freeze(false)
    #expect(try runner.turn().isEmpty)
    #expect(try harness.run(run.id).state == .expired)
    #expect(target.ledger.isEmpty)
    #expect(try intentsWhileFrozen() == 0)
  }

  /// Calls `body` the n-th time that space is set aside, which is just before an intent.
  private final class Moment: SpaceReserve {
    private let left: Mutex<Int>
    private let body: @Sendable () -> Void

    init(_ count: Int, _ body: @escaping @Sendable () -> Void) {
      left = Mutex(count)
      self.body = body
    }

    func take() throws(StoreError) {
      let isNow = left.withLock { left in
        left -= 1
        return left == 0
      }
      if isNow { body() }
    }

    func giveUp() throws(StoreError) {}
  }

  @Test(
    "Before the first effect nothing is changed, and between two effects it is half, for a person",
    arguments: [(1, RunState.failed), (2, .partial)])
  func between(number: Int, end: RunState) throws {
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let plain = harness.remediation
    let moment = Moment(number) { _ = try? plain.setFreeze(true, by: "ivo", reason: "incident") }
    let runner = try Runner(harness.remediation(on: harness.store, reserve: moment), holder: "a test")
    #expect(try runner.turn().map(\.state) == [end])
    #expect(target.ledger.count == number - 1)
    #expect(try harness.run(run.id).detail.contains("frozen by user:ivo"))
    #expect(try intentsWhileFrozen() == 0)
    try harness.checkLog()
  }

  @Test("During the last effect it comes too late for this run, which ends as it would have")
  func duringTheLast() throws {
    harness.load(RunHarness.request())
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let remediation = harness.remediation
    target.before { _ = try? remediation.setFreeze(true, by: "ivo", reason: "incident") }
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(target.ledger.count == 1)
  }

  @Test("A rollback that it stops halfway is half, its origin says that it failed, and somebody asks again")
  func rollingBack() throws {
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.succeeded])
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    let remediation = harness.remediation
    target.before { _ = try? remediation.setFreeze(true, by: "ivo", reason: "incident") }
    #expect(try runner.turn().map(\.state) == [.partial])
    #expect(try harness.run(run.id).state == .rollbackFailed)
    #expect(target.ledger.count == 3)
    #expect(try intentsWhileFrozen() == 0)
    target.before(nil)
    #expect(try runner.turn().isEmpty)
    try freeze(false)
    #expect(try harness.remediation.accept(undoing.id, by: "ivo", reason: "I ask again").state == .accepted)
    let again = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    #expect(again.state == .awaiting && again.id != undoing.id)
    try harness.checkLog()
  }

  @Test("What was under way when an engine ended is found out although all is frozen, and no effect follows")
  func recovering() throws {
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let faulty = FaultyStore(harness.store)
    let first = try Runner(harness.remediation(on: faulty), holder: "the first")
    // Its writes: claimed, plan read, digest confirmed, steps read, intent; then the outcome.
    faulty.next([nil, nil, nil, nil, nil, .endBefore])
    #expect(throws: StoreError.self) { try first.turn() }
    #expect(target.ledger == ["\(run.id)-e1"])
    try freeze()
    #expect(try harness.runner().recover().map(\.state) == [.partial])
    #expect(target.ledger == ["\(run.id)-e1"])
    #expect(try harness.steps(run.id).map(\.state) == [.applied])
    #expect(try intentsWhileFrozen() == 0)
    try harness.checkLog()
  }
}
