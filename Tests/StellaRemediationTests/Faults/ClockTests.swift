import StellaModel
import StellaTesting
import Testing

@testable import StellaRemediation

@Suite("Clocks that are set")
struct ClockTests {
  static let minute = Policy.minute
  static let jumps = [24 * Policy.hour, -24 * Policy.hour, 5 * Policy.minute, -5 * Policy.minute]

  let harness: RunHarness
  let target = LedgerTarget("hook")

  init() throws {
    harness = try RunHarness()
    harness.targets.executors = ["hook": target]
    harness.load(RunHarness.request())
  }

  private func proposed(_ name: String = "a") throws -> Run {
    try #require(try harness.remediation.propose(RunHarness.alert(name, service: name)))
  }

  @Test("An approval lasts no longer than its window, whatever the calendar is set to meanwhile", arguments: jumps)
  func approval(jump: Int64) throws {
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    let executor = try harness.runner()
    harness.time.set(by: jump)
    harness.time.advance(by: 30 * Self.minute - 1)
    if jump < 0 {
      // By the calendar there is time left, and it isn't late by the other clock either.
      #expect(try !harness.run(run.id).isLate(at: harness.time.reading()))
    }
    harness.time.advance(by: 1)
    #expect(try executor.turn().isEmpty)
    #expect(try harness.run(run.id).state == .expired)
    // It never revives.
    for back in Self.jumps {
      harness.time.set(by: back)
      #expect(try executor.turn().isEmpty)
      #expect(throws: RemediationError.self) { try executor.execute(run.id) }
      #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "ivo") }
    }
    #expect(target.ledger.isEmpty)
    try harness.checkLog()
  }

  @Test("With a calendar alone it would last longer: what the steady clock is for")
  func calendarAlone() throws {
    struct CalendarAlone: TimeSource {
      let time: ManualTime
      func now() -> Int64 { time.now() }
    }
    harness.clock = CalendarAlone(time: harness.time)
    let run = try proposed()
    _ = try harness.vote(run, by: "mara")
    harness.time.advance(by: 29 * Self.minute)
    harness.time.set(by: -28 * Self.minute)
    harness.time.advance(by: 25 * Self.minute)
    #expect(try harness.runner().turn().map(\.state) == [.succeeded])
  }

  @Test("The time to decide is no longer either", arguments: jumps)
  func decision(jump: Int64) throws {
    let run = try proposed()
    harness.time.set(by: jump)
    harness.time.advance(by: 4 * Policy.hour)
    let late = #expect(throws: RefusedBallot.self) { try harness.vote(run, by: "mara") }
    guard case .late? = late?.refusal else {
      Issue.record("\(String(describing: late))")
      return
    }
    #expect(try harness.run(run.id).state == .expired)
  }

  @Test("After a restart of the machine a calendar from before the approval is believed by nobody")
  func restart() throws {
    let run = try proposed("a")
    let other = try proposed("b")
    _ = try harness.vote(run, by: "mara")
    _ = try harness.vote(other, by: "mara")
    harness.time.advance(by: Self.minute)
    harness.time.restart()
    harness.time.advance(by: Self.minute)
    #expect(try harness.runner().execute(other.id).state == .succeeded)
    harness.time.set(by: -5 * Self.minute)
    #expect(try harness.runner().turn().isEmpty)
    #expect(try harness.run(run.id).state == .expired)
    #expect(target.ledger == ["\(other.id)-e1"])
  }

  /// Where a run is when the clock is set.
  enum Place: CaseIterable {
    case awaiting, approved, frozen, checking, applying, unknown, stopped, verifying, succeeded
  }

  @Test("Set in whatever state a run is, the calendar moves no run by itself but over its deadline", arguments: jumps)
  func everyState(jump: Int64) throws {
    for place in Place.allCases {
      let run = try proposed("\(place)")
      let former = try leave(run, at: place)
      harness.time.set(by: jump)
      let runner = try harness.runner()
      _ = try runner.recover()
      _ = try runner.turn()
      let now = try harness.run(run.id)
      let isOver = jump == 24 * Policy.hour
      switch place {
      case .awaiting: #expect(now.state == (isOver ? .expired : .awaiting))
      case .approved, .frozen, .checking: #expect(now.state == (isOver ? .expired : .succeeded))
      // Nothing is in force yet, so that it doesn't begin after its time.
      case .applying: #expect(now.state == (isOver ? .failed : .succeeded))
      case .unknown, .succeeded: #expect(now.state == former)
      case .stopped: #expect(now.state == .failed)
      case .verifying: #expect(now.state == .succeeded)
      }
      let did = target.ledger.contains("\(run.id)-e1")
      #expect(did == (now.state == .succeeded && ![.verifying, .succeeded].contains(place)) || place == .succeeded)
      harness.time.set(by: -jump)
    }
    // By their numbers the records are in the order in which things happened, whatever their times say.
    let records = try harness.records()
    #expect(records.map(\.number) == Array(1...Int64(records.count)))
    #expect(records.map(\.time) != records.map(\.time).sorted())
    try harness.checkLog()
  }

  /// Puts a run where a process left it, or where a person did.
  private func leave(_ run: Run, at place: Place) throws -> RunState {
    if place != .awaiting { _ = try harness.vote(run, by: "mara") }
    func record(_ events: RunEvent...) throws {
      try harness.store.write(as: .command) { transaction in
        var run = try #require(try transaction.run(run.id))
        for event in events {
          try harness.remediation.journal.record(event, on: &run, actor: "engine", transaction)
        }
      }
    }
    switch place {
    case .awaiting, .approved: break
    case .frozen: try record(.frozen)
    case .checking: try record(.claimed)
    case .applying: try record(.claimed, .digestConfirmed)
    case .unknown: try record(.claimed, .digestConfirmed, .outcomeUnclear)
    case .stopped: try record(.claimed, .digestConfirmed, .halted)
    case .verifying: try record(.claimed, .digestConfirmed, .allApplied)
    case .succeeded: _ = try harness.runner().execute(run.id)
    }
    return try harness.run(run.id).state
  }

  @Test("Cooldown and breaker aren't ended by a calendar that is set back a little, nor by an engine that starts anew")
  func counters() throws {
    target.become([.refusing])
    for name in ["a", "b", "c"] {
      let run = try proposed(name)
      _ = try harness.vote(run, by: "mara")
      #expect(try harness.runner().turn().map(\.state) == [.failed])
    }
    for jump in [0, -5 * Self.minute, 5 * Self.minute, -24 * Policy.hour, 24 * Policy.hour] {
      harness.time.set(by: jump)
      let alert = RunHarness.alert("again\(jump)", service: "d\(jump)")
      #expect(try harness.remediation.propose(alert) == nil)
      #expect(try harness.runs(.suppressed).last?.detail.contains("breaker of hook is open") == true, "\(jump)")
    }
  }

  @Test("A reading is past a deadline by the stricter of the clocks")
  func readings() {
    func reading(_ calendar: Int64, _ steady: Int64? = nil, boot: String = "1") -> ClockReading {
      ClockReading(calendar: calendar, steady: steady.map { SteadyTime(boot: boot, nanoseconds: $0) })
    }
    let start = reading(1000, 50)
    #expect(!reading(1099, 149).isPast(1100, since: start))
    #expect(reading(1100, 51).isPast(1100, since: start))
    #expect(reading(1001, 150).isPast(1100, since: start))
    #expect(reading(-5000, 150).isPast(1100, since: start) && !reading(-5000, 149).isPast(1100, since: start))
    #expect(!reading(1001, 9999, boot: "2").isPast(1100, since: start))
    #expect(reading(999, 1, boot: "2").isPast(1100, since: start))
    #expect(reading(999).isPast(1100, since: start) && !reading(1000).isPast(1100, since: start))
    #expect(!reading(.min).isPast(1100, since: nil) && reading(1100).isPast(1100, since: nil))
    #expect(!reading(5, .max).isPast(.max, since: reading(.min, 0)))
  }
}
