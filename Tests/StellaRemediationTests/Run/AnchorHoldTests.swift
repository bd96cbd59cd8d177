import StellaModel
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Runs while no anchor is reached")
struct AnchorHoldTests {
  @Test("An approved run waits, says why, and begins once an anchor has the log; without the option it just begins")
  func waits() throws {
    let harness = try RunHarness()
    let target = LedgerTarget("hook")
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    _ = try harness.vote(run, by: "mara")
    harness.time.advance(by: 3_600_000_000_000 / 4)
    var remediation = harness.remediation
    remediation.anchorHold = AnchorHold(after: 600_000_000_000, anchors: ["file:\(harness.path)/anchor"])
    let held = try Runner(remediation, holder: "a test")
    #expect(try held.execute(run.id).state == .approved)
    #expect(try harness.run(run.id).detail.contains("reached no anchor since #1 "))
    #expect(try held.turn().allSatisfy { $0.state == .approved } && target.ledger.isEmpty)
    _ = try harness.sealer.seal(harness.store, as: .command, time: harness.time.now())
    #expect(try held.execute(run.id).state == .succeeded)
    #expect(target.ledger == ["\(run.id)-e1"])
    try harness.checkLog()
  }

  @Test("Without the option a run begins however long no anchor was reached, and undoing is never held")
  func free() throws {
    let harness = try RunHarness()
    let target = LedgerTarget("hook")
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
    let run = try #require(try harness.remediation.propose(RunHarness.alert()))
    _ = try harness.vote(run, by: "mara")
    harness.time.advance(by: 3_600_000_000_000 / 4)
    #expect(try harness.runner().execute(run.id).state == .succeeded)
    let undoing = try harness.remediation.requestRollback(of: run.id, by: "user:mara")
    _ = try harness.vote(undoing, by: "ivo")
    var remediation = harness.remediation
    remediation.anchorHold = AnchorHold(after: 1, anchors: [])
    harness.time.advance(by: 1_000_000_000)
    #expect(try Runner(remediation, holder: "a test").execute(undoing.id).state == .succeeded)
  }
}
