import GRDB
import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Recovery that can't go on")
struct StuckRecoveryTests {
  let harness: RunHarness
  let database: JobDatabase
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    database = try JobDatabase(
      path: harness.path + "/app.db", services: ["shop", "mail"], lockTimeout: .milliseconds(1))
    harness.targets.databases = ["app-db": database.target]
    harness.targets.executors = ["hook": target]
    harness.load(JobDatabase.fix(JobDatabase.update, JobDatabase.request(1)))
  }

  private func approved(_ service: String) throws -> Run {
    let run = try #require(try harness.remediation.propose(RunHarness.alert(service, service: service)))
    return try harness.vote(run, by: "mara").run
  }

  /// An engine that ends just before it records what became of its first effect.
  private func interrupt(_ run: Run) throws {
    let faulty = FaultyStore(harness.store)
    let runner = try Runner(harness.remediation(on: faulty), holder: "the first")
    faulty.next([nil, nil, nil, nil, nil, .endBefore])
    #expect(throws: StoreError.self) { try runner.execute(run.id) }
    #expect(try harness.steps(run.id).map(\.state) == [.intended])
  }

  @Test("A database that is busy is asked again, and what was committed is found there, once")
  func busy() throws {
    let run = try approved("shop")
    try interrupt(run)
    #expect(try database.statuses("shop") == ["queued", "queued"])
    let runner = try harness.runner()
    try database.queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect(try runner.recover().map(\.state) == [.applying])
    #expect(try harness.run(run.id).detail.contains("another process holds the file"))
    #expect(try runner.turn().map(\.state) == [.applying])
    try database.queue.inDatabase { try $0.execute(sql: "ROLLBACK") }
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try database.markers == 1 && target.ledger == ["\(run.id)-e2"])
    try harness.checkLog()
  }

  @Test("A database that stays busy beyond the time to execute is a person's matter, and keeps nobody else waiting")
  func busyForLong() throws {
    let run = try approved("shop")
    try interrupt(run)
    let runner = try harness.runner()
    try database.queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    _ = try runner.recover()
    harness.time.advance(by: 31 * Policy.minute)
    #expect(try runner.turn().map(\.state) == [.unknown])
    try database.queue.inDatabase { try $0.execute(sql: "ROLLBACK") }
    let other = try approved("mail")
    #expect(try runner.turn().map(\.id) == [other.id])
    try harness.checkLog()
    #expect(try harness.remediation.reconcile(run.id, isApplied: true, by: "ivo", reason: "seen").state == .applying)
    #expect(try runner.turn().map(\.state) == [.succeeded])
    try harness.checkLog()
  }

  @Test("A plan that can't be read any more stops its own run alone, and a person can still say what became of it")
  func unreadable() throws {
    let run = try approved("shop")
    let other = try approved("mail")
    try interrupt(run)
    try harness.store.write(as: .command) { try $0.setPlan([0xFF, 0x00], of: run.id) }
    let runner = try harness.runner()
    #expect(try runner.recover().map(\.state) == [.unknown])
    #expect(try runner.turn().map(\.id) == [other.id])
    try harness.checkLog()
    #expect(try harness.remediation.reconcile(run.id, isApplied: true, by: "ivo", reason: "seen").state == .applying)
    #expect(try runner.turn().map(\.state) == [.partial])
    #expect(try harness.run(run.id).detail.isEmpty == false)
    let rollback = #expect(throws: (any Error).self) {
      try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    }
    #expect(rollback is RemediationError || rollback is PlanError)
    #expect(try harness.remediation.accept(run.id, by: "ivo", reason: "seen").state == .accepted)
    #expect(target.ledger == ["\(other.id)-e2"])
  }

  @Test("A rollback without any answer waits for a person, its origin too, and goes on from what they found")
  func unclearRollback() throws {
    harness.load(JobDatabase.fix(JobDatabase.request(1), JobDatabase.update))
    let run = try approved("shop")
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.succeeded])
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    // The rows come back first, then the request is taken back, with no answer however often it is sent.
    target.become([.silent])
    #expect(try runner.turn().map(\.state) == [.unknown])
    #expect(try harness.run(run.id).state == .rollbackUnknown)
    #expect(try database.statuses("shop") == ["stuck", "stuck"])
    try harness.checkLog()
    #expect(throws: RemediationError.self) { try harness.remediation.requestRollback(of: run.id, by: "user:mara") }
    _ = try harness.remediation.reconcile(run.id, isApplied: true, by: "ivo", reason: "it is gone")
    #expect(try harness.run(run.id).state == .rollingBack)
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try harness.run(run.id).state == .rolledBack)
    #expect(target.entries.map(\.request).map { $0.prefix(4) } == ["POST", "DELE"])
    try harness.checkLog()
  }

  @Test("An approved run whose plan can't be read is superseded, for it can never be carried out")
  func unreadableBefore() throws {
    let run = try approved("shop")
    try harness.store.write(as: .command) { try $0.setPlan([], of: run.id) }
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    try harness.checkLog()
  }
}
