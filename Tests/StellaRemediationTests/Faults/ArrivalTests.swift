import StellaModel
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("An effect that arrives after everybody gave up")
struct ArrivalTests {
  static let second: Int64 = 1_000_000_000

  let harness: RunHarness
  let target = LedgerTarget("hook", arrival: .seconds(60), [.late])

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request(class: .probe))
  }

  private func approved(_ service: String = "shop") throws -> Run {
    let run = try #require(try harness.remediation.propose(RunHarness.alert(service, service: service)))
    _ = try harness.vote(run, by: "mara")
    return run
  }

  @Test("It is looked for as long as it may arrive, and found")
  func found() throws {
    let run = try approved()
    let runner = try harness.runner()
    #expect(try runner.turn().map(\.state) == [.applying])
    #expect(try harness.run(run.id).detail.contains("may still arrive"))
    harness.time.advance(by: 10 * Self.second)
    #expect(try runner.turn().map(\.state) == [.applying])
    #expect(try runner.arrivalLeft(of: harness.run(run.id)) == .seconds(50))
    target.arrive()
    #expect(try runner.turn().map(\.state) == [.succeeded])
    #expect(try runner.arrivalLeft(of: harness.run(run.id)) == nil)
    #expect(target.ledger == ["\(run.id)-e1"] && target.calls == 1)
    try harness.checkLog()
  }

  @Test("It is given up when it can't arrive any more, and isn't tried again")
  func givenUp() throws {
    let run = try approved()
    let runner = try harness.runner()
    _ = try runner.turn()
    harness.time.advance(by: 60 * Self.second - 1)
    #expect(try runner.turn().map(\.state) == [.applying])
    harness.time.advance(by: 1)
    #expect(try runner.turn().map(\.state) == [.failed])
    #expect(try harness.steps(run.id).map(\.state) == [.notApplied] && target.calls == 1)
    #expect(try runner.turn().isEmpty)
    try harness.checkLog()
  }

  @Test("Others don't wait for it")
  func others() throws {
    let late = try approved()
    let runner = try harness.runner()
    _ = try runner.turn()
    target.become([.obedient])
    let other = try approved("mail")
    #expect(try runner.turn().map(\.state) == [.applying, .succeeded])
    #expect(target.ledger == ["\(other.id)-e1"])
    #expect(try harness.run(late.id).state == .applying)
  }

  @Test("An engine that comes after looks for it too, before it begins once more", arguments: [true, false])
  func takenOver(arrives: Bool) throws {
    let run = try approved()
    _ = try harness.runner().turn()
    let second = try harness.runner()
    #expect(try second.recover().map(\.state) == [.applying])
    #expect(target.calls == 1)
    target.become([.obedient])
    if arrives { target.arrive() }
    harness.time.advance(by: 60 * Self.second)
    #expect(try second.turn().map(\.state) == [.succeeded])
    #expect(target.entries.count == 1 && target.calls == (arrives ? 1 : 2))
    #expect(try harness.steps(run.id).map(\.attempt) == [arrives ? 1 : 2])
    try harness.checkLog()
  }

  @Test("A calendar that is set makes the time in which it may arrive neither shorter nor longer")
  func set() throws {
    let run = try approved()
    let runner = try harness.runner()
    _ = try runner.turn()
    for jump in ClockTests.jumps {
      harness.time.set(by: jump)
      #expect(try runner.turn().map(\.state) == [.applying])
    }
    harness.time.advance(by: 60 * Self.second)
    #expect(try runner.turn().map(\.state) == [.failed])
    #expect(try harness.run(run.id).detail.contains("not there"))
  }

  @Test("After a restart with a calendar from before, nobody knows how long ago it was sent: a person finds out")
  func setBack() throws {
    let run = try approved()
    _ = try harness.runner().turn()
    harness.time.restart()
    harness.time.set(by: -Policy.hour)
    let runner = try harness.runner()
    #expect(try runner.recover().map(\.state) == [.unknown])
    #expect(try harness.run(run.id).detail.contains("set back"))
    #expect(try harness.remediation.reconcile(run.id, isApplied: false, by: "ivo", reason: "seen").state == .stopped)
    #expect(try runner.turn().map(\.state) == [.failed])
    try harness.checkLog()
  }
}
