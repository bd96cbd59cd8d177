import StellaModel
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("A target that changes")
struct DriftTests {
  let harness: RunHarness
  let database: JobDatabase
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    database = try JobDatabase(path: harness.path + "/app.db", services: ["shop", "mail"])
    harness.targets.databases = ["app-db": database.target]
    harness.targets.executors = ["hook": target]
  }

  private func proposed(_ effects: String..., service: String = "shop") throws -> Run {
    harness.load(JobDatabase.fix(effects.joined(separator: "\n")))
    return try #require(try harness.remediation.propose(RunHarness.alert(service, service: service)))
  }

  @Test(
    "Between the plan and its approval: planning again puts another run in its place, and takes no vote on the old one")
  func beforeApproval() throws {
    let run = try proposed(JobDatabase.update, JobDatabase.request(1))
    try database.queue.write { try $0.execute(sql: "UPDATE jobs SET status = 'done' WHERE id = 1") }
    let next = try harness.remediation.replan(run.id, by: "user:ivo")
    #expect(next.id != run.id && next.rowCount == 1)
    #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "mara") }
    #expect(throws: RefusedBallot.self) {
      try harness.remediation.vote(.approve, on: next.id, by: "mara", digest: run.digest!.short, reason: "x")
    }
    _ = try harness.vote(next, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    #expect(try database.statuses("shop") == ["done", "queued"])
    #expect(target.ledger == ["\(next.id)-e2"])
    try harness.checkLog()
  }

  @Test(
    "Between the plan and its approval with nobody looking: the approved plan isn't what runs then, so nothing runs")
  func unnoticed() throws {
    let run = try proposed(JobDatabase.update, JobDatabase.request(1))
    try database.queue.write { try $0.execute(sql: "UPDATE jobs SET status = 'done' WHERE id = 1") }
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.superseded])
    #expect(try database.statuses("shop") == ["done", "stuck"])
    #expect(try target.ledger.isEmpty && database.markers == 0)
  }

  @Test("What has become right by itself is closed without a change")
  func gone() throws {
    let run = try proposed(JobDatabase.update)
    _ = try harness.vote(run, by: "mara")
    try database.set("shop", "done")
    #expect(try harness.runner().turn().map(\.state) == [.noChange])
    #expect(try database.markers == 0)
  }

  @Test("Between the check and the effect nobody else can write the database that is held")
  func held() throws {
    let run = try proposed(JobDatabase.update)
    _ = try harness.vote(run, by: "mara")
    final class Intruder: SpaceReserve, @unchecked Sendable {
      // Used on the runner's thread only.
      var database: JobDatabase?
      var wasKeptOut = false
      func take() throws(StoreError) {
        do { try database?.set("shop", "done") } catch { wasKeptOut = true }
      }
      func giveUp() throws(StoreError) {}
    }
    let intruder = Intruder()
    intruder.database = database
    let runner = try Runner(harness.remediation(on: harness.store, reserve: intruder), holder: "a test")
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(intruder.wasKeptOut)
    #expect(try database.statuses("shop") == ["queued", "queued"])
  }

  @Test("Between two effects: the group that was planned for other rows changes none, and half a run is called that")
  func between() throws {
    let run = try proposed(JobDatabase.request(1), JobDatabase.update, JobDatabase.request(2))
    _ = try harness.vote(run, by: "mara")
    let (queue, target) = (database.queue, target)
    target.after {
      target.after(nil)
      try? queue.write { try $0.execute(sql: "UPDATE jobs SET status = 'odd' WHERE id = 2") }
    }
    #expect(try harness.runner().turn().map(\.state) == [.partial])
    #expect(try harness.steps(run.id).map(\.state) == [.applied, .drifted])
    #expect(try database.statuses("shop") == ["stuck", "odd"])
    #expect(try target.ledger == ["\(run.id)-e1"] && database.markers == 0)
    try harness.checkLog()
  }

  @Test("A request that somebody else has made superfluous since the check isn't sent")
  func superfluous() throws {
    harness.load(RunHarness.request(class: .probe))
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    _ = try harness.vote(run, by: "mara")
    struct Neighbour: SpaceReserve {
      let target: LedgerTarget
      func take() throws(StoreError) { target.establish("https://hook.internal/1/shop") }
      func giveUp() throws(StoreError) {}
    }
    let runner = try Runner(
      harness.remediation(on: harness.store, reserve: Neighbour(target: target)), holder: "a test")
    #expect(try runner.turn().map(\.state) == [.failed])
    #expect(try harness.steps(run.id).map(\.state) == [.drifted])
    #expect(target.calls == 0)
    try harness.checkLog()
  }

  @Test(
    "A rollback and a new run on the same rows: whichever comes first, the other changes nothing", arguments: [0, 1])
  func rollbackAgainstRun(first: Int) throws {
    let run = try proposed(JobDatabase.update)
    _ = try harness.vote(run, by: "mara")
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
    harness.time.advance(by: Policy.hour)
    // The queue fails as well: another fix of the same rows.
    let next = """
      sql.update { target = "app-db", table = "jobs", where = { service = p.service, status = "queued" },
        set = { status = "failed" } },
      """
    harness.load(JobDatabase.fix(JobDatabase.update), JobDatabase.fix(next, id: "give-up"))
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    let other = try harness.remediation.request(
      "give-up", parameters: [.init("service", .string("shop"))], by: "user:mara")
    #expect(undoing.state == .awaiting && other.state == .awaiting)
    let (mine, theirs) = (harness.remediation, harness.remediation(on: try harness.connection()))
    let answers = Contest.hold(
      seed: UInt64(first),
      [
        { .vote(.approve, on: undoing, by: "ivo", in: mine) }, { .vote(.approve, on: other, by: "ivo", in: theirs) },
      ])
    #expect(answers == [.done(.approved), .done(.approved)])
    let order = first == 0 ? [undoing.id, other.id] : [other.id, undoing.id]
    let runner = try harness.runner()
    for id in order { _ = try runner.execute(id) }
    if first == 0 {
      #expect(try database.statuses("shop") == ["stuck", "stuck"])
      #expect(try harness.run(run.id).state == .rolledBack && harness.run(other.id).state == .noChange)
    } else {
      #expect(try database.statuses("shop") == ["failed", "failed"])
      #expect(try harness.run(run.id).state == .rollbackConflict && harness.run(other.id).state == .succeeded)
    }
    #expect(try database.statuses("mail") == ["stuck", "stuck"])
    try harness.checkLog()
  }
}
