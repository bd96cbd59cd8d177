import StellaModel
import Testing

@testable import StellaEngine

@Suite("The store of an embedded engine without a disk")
struct InMemoryRunStoreTests {
  struct Stop: Error {}

  static func run(_ id: String, state: RunState = .awaiting) -> Run {
    var run = Run(
      id: id, fix: "f", fixTitle: "F", fixFile: "f.lua", subject: "s", parameters: [:], requestedBy: "rule:r",
      policy: "default", proposedAt: 1)
    run.state = state
    return run
  }

  @Test("What a transaction did that fails is as if it had never been")
  func rollsBack() throws {
    let store = InMemoryRunStore()
    try store.write(as: .command) { transaction in
      try transaction.insert(Self.run("r-1"))
      try transaction.setPlan([1], of: "r-1")
      _ = try transaction.insert(
        Silence(rule: "r", key: [], until: 9, set: StoredAlert.Remark(by: "a", time: 1, reason: "b")))
    }
    #expect(throws: Stop.self) {
      try store.write(as: .command) { transaction in
        var run = Self.run("r-1")
        run.state = .approved
        try transaction.update(run)
        try transaction.setPlan([2], of: "r-1")
        try transaction.insert(Self.run("r-2"))
        try transaction.setFreeze(Freeze(by: "a", reason: "b", since: 1))
        _ = try transaction.endSilence(1, at: 2)
        _ = try transaction.takeEpoch(holder: "other")
        throw Stop()
      }
    }
    try store.readRuns { (transaction) throws in
      #expect(try transaction.run("r-1")?.state == .awaiting)
      #expect(try transaction.plan(of: "r-1") == [1])
      #expect(try transaction.runs(RunQuery()).map(\.id) == ["r-1"])
      #expect(try transaction.freeze() == nil)
      #expect(try transaction.silences().map(\.until) == [9])
      #expect(transaction.epoch == 0)
    }
  }

  @Test("Silences that are over go with the alerts of their time, and no number is given twice")
  func silences() throws {
    let store = InMemoryRunStore()
    func silence(until time: Int64) throws -> Int64 {
      try store.write(as: .command) {
        try $0.insert(
          Silence(rule: "r", key: [], until: time, set: StoredAlert.Remark(by: "a", time: 1, reason: "b")))
      }
    }
    for time in [60, 40, 50] as [Int64] { _ = try silence(until: time) }
    _ = try store.write(as: .command) { try $0.pruneAlerts(before: 60) }
    #expect(try store.readRuns { try $0.silences().map(\.until) } == [60, 50])
    #expect(try silence(until: 70) == 4)
  }

  @Test("A reading transaction can't write, and a runner of before is kept out")
  func refuses() throws {
    let store = InMemoryRunStore()
    #expect(throws: StoreError.self) { try store.readRuns { try $0.insert(Self.run("r-1")) } }
    let old = try store.write(as: .command) { try $0.takeEpoch(holder: "one") }
    let new = try store.write(as: .command) { try $0.takeEpoch(holder: "two") }
    #expect { try store.write(as: .runner(epoch: old)) { _ in } } throws: {
      ($0 as? StoreError)?.code == .fenced
    }
    try store.write(as: .runner(epoch: new)) { _ in }
  }

  @Test("Queries restrict as they say, and a limit gives the newest")
  func queries() throws {
    let store = InMemoryRunStore()
    try store.write(as: .command) { transaction in
      for number in 1...5 {
        try transaction.insert(Self.run("r-\(number)", state: number < 4 ? .awaiting : .succeeded))
      }
    }
    try store.readRuns { (transaction) throws in
      var query = RunQuery()
      query.states = [.awaiting]
      query.limit = 2
      #expect(try transaction.runs(query).map(\.id) == ["r-2", "r-3"])
      #expect(try transaction.runCount(query) == 3)
    }
  }
}
