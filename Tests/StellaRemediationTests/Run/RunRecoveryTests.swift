import Foundation
import StellaModel
import StellaSQLite
import StellaTesting
import Synchronization
import Testing

@testable import StellaRemediation

@Suite("What a process leaves behind")
struct RunRecoveryTests {
  let harness: RunHarness

  init() throws { harness = try RunHarness() }

  private func proposed(_ target: LedgerTarget = LedgerTarget("hook"), effects: Int = 1) throws -> Run {
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request(count: effects))
    return try #require(try harness.remediation.propose(RunHarness.alert()))
  }

  /// Puts a run where a process that was killed has left it.
  private func leave(_ run: Run, _ events: RunEvent...) throws {
    try harness.store.write(as: .command) { transaction in
      var run = try #require(try transaction.run(run.id))
      for event in events {
        try harness.remediation.journal.record(event, on: &run, actor: "engine", transaction)
      }
    }
  }

  @Test("A proposal whose process ended before it was planned is planned by one that only proposes")
  func unplanned() throws {
    let run = try proposed()
    try harness.store.write(as: .command) { transaction in
      var left = run
      left.state = .planning
      left.digest = nil
      try transaction.update(left)
    }
    #expect(try harness.remediation.propose(RunHarness.alert()) == nil)
    #expect(try harness.remediation.resumePlanning().map(\.state) == [.awaiting])
    #expect(try harness.remediation.resumePlanning().isEmpty)
    #expect(try harness.run(run.id).digest == run.digest)
  }

  @Test("A run that was about to begin when its engine ended doesn't begin after its time")
  func late() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    try leave(run, .claimed, .digestConfirmed)
    harness.time.advance(by: 31 * 60 * 1_000_000_000)
    #expect(try harness.runner().recover().map(\.state) == [.failed])
    #expect(try harness.run(run.id).detail.contains("time to execute"))
    #expect(target.calls == 0)
  }

  @Test("Nor without its approval: a role that was taken away meanwhile counts")
  func unapproved() throws {
    let target = LedgerTarget("hook")
    let run = try proposed(target)
    _ = try harness.vote(run, by: "mara")
    try leave(run, .claimed, .digestConfirmed)
    harness.people = try People.checked(
      [Person(name: "mara", uids: [1001], groups: ["sre"], roles: [.viewer])], groups: ["sre", "payments"])
    #expect(try harness.runner().recover().map(\.state) == [.failed])
    #expect(target.calls == 0)
  }

  @Test("Of decisions at one instant exactly one wins, and everybody is told what is", arguments: 1...8)
  func race(round: Int) throws {
    let run = try proposed()
    let remediation = harness.remediation
    let digest = try #require(run.digest).short
    let answers = Mutex<[RunState?]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { number in
      let answer: RunState? =
        switch (number + round) % 4 {
        case 0: try? remediation.vote(.approve, on: run.id, by: "mara", digest: digest, reason: "r").run.state
        case 1: try? remediation.vote(.approve, on: run.id, by: "ivo", digest: digest, reason: "r").run.state
        case 2: try? remediation.vote(.reject, on: run.id, by: "ivo", digest: digest, reason: "r").run.state
        default: try? remediation.withdraw(run.id, by: "mara", reason: "r").state
        }
      answers.withLock { $0.append(answer) }
    }
    let end = try harness.run(run.id).state
    #expect([.approved, .rejected, .withdrawn].contains(end))
    let words = [" approved", " rejected", " withdrawn"]
    let decisions = try harness.records(of: run.id).filter { record in words.contains { record.hasSuffix($0) } }
    // Withdrawing what is approved is allowed; any other second decision isn't.
    #expect(decisions.count == 1 || decisions.count == 2 && end == .withdrawn, "\(decisions)")
    #expect(answers.withLock { $0.compactMap { $0 } }.contains(end))
    try harness.checkLog()
  }
}
