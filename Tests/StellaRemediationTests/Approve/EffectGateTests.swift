import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Whether the next effect may begin")
struct EffectGateTests {
  static func time(_ text: String) -> Int64 { Timestamp.parse(text)! }

  func gate(
    _ policy: Policy = .standard, quorum: Quorum.State = .satisfied, freeze: Freeze? = nil, executeBy: Int64? = 100,
    now: Int64 = 50, isRollback: Bool = false, duringFreeze: Bool = false
  ) -> EffectGate {
    EffectGate(
      policy: policy, quorum: quorum, freeze: freeze, executeBy: executeBy, now: now, isRollback: isRollback,
      duringFreeze: duringFreeze)
  }

  @Test("Without an approval that still holds nothing begins, whatever else is so")
  func approval() {
    #expect(gate() == .open)
    #expect(gate(quorum: .pending) == .notApproved(.pending))
    #expect(
      gate(quorum: .rejected(by: "mara"), isRollback: true, duringFreeze: true) == .notApproved(.rejected(by: "mara")))
  }

  @Test("The time to execute ends at its end, and only for what hasn't begun")
  func deadline() {
    #expect(gate(now: 99) == .open && gate(now: 100) == .late && gate(executeBy: nil, now: .max) == .open)
  }

  @Test("A freeze holds every effect, and a rollback unless somebody asked for it in spite of the freeze")
  func freeze() {
    let freeze = Freeze(by: "mara", reason: "incident", since: 1)
    #expect(gate(freeze: freeze) == .frozen(freeze) && gate(freeze: freeze, executeBy: nil) == .frozen(freeze))
    #expect(gate(freeze: freeze, duringFreeze: true) == .frozen(freeze))
    #expect(gate(freeze: freeze, isRollback: true) == .frozen(freeze))
    #expect(gate(freeze: freeze, isRollback: true, duringFreeze: true) == .open)
    #expect(gate(freeze: freeze, now: 100) == .late)
  }

  @Test("Outside the windows nothing begins, what has begun goes on, and undoing is free of them")
  func windows() {
    var policy = Policy.standard
    policy.windows = [[MaintenanceWindow(days: [.saturday], start: 22 * 60, end: 2 * 60)]]
    let open = Self.time("2026-11-22T01:59:59Z")
    let closed = Self.time("2026-11-22T02:00:00Z")
    #expect(gate(policy, executeBy: .max, now: open) == .open)
    #expect(gate(policy, executeBy: .max, now: closed) == .outsideWindow(opens: Self.time("2026-11-28T22:00:00Z")))
    #expect(gate(policy, executeBy: nil, now: closed) == .open)
    #expect(gate(policy, executeBy: .max, now: closed, isRollback: true) == .open)
    #expect(policy.windowCloses(after: open) == closed && policy.windowCloses(after: closed) == nil)
    // Two lists must both be open.
    policy.windows.append([MaintenanceWindow(start: 23 * 60, end: 24 * 60 - 1)])
    #expect(gate(policy, executeBy: .max, now: open) == .outsideWindow(opens: Self.time("2026-11-22T23:00:00Z")))
    #expect(gate(policy, executeBy: .max, now: Self.time("2026-11-21T23:30:00Z")) == .open)
  }
}

@Suite("Maintenance windows")
struct MaintenanceWindowTests {
  @Test(
    "They open on their days, over midnight too, in their own offset",
    arguments: [
      ("2026-11-21T21:59:59Z", false), ("2026-11-21T22:00:00Z", true), ("2026-11-22T05:59:59Z", true),
      ("2026-11-22T06:00:00Z", false), ("2026-11-22T23:00:00Z", false), ("2026-11-28T22:00:00Z", true),
    ])
  func saturdayNight(text: String, isOpen: Bool) {
    let time = EffectGateTests.time(text)
    #expect((MaintenanceWindow(days: [.saturday], start: 22 * 60, end: 6 * 60).closes(after: time) != nil) == isOpen)
    // The same hours written for a clock that is nine and a half hours ahead.
    let shifted = MaintenanceWindow(days: [.sunday], start: 7 * 60 + 30, end: 15 * 60 + 30, offset: 570)
    #expect((shifted.closes(after: time) != nil) == isOpen)
    let behind = MaintenanceWindow(days: [.saturday], start: 17 * 60, end: 60, offset: -300)
    #expect((behind.closes(after: time) != nil) == isOpen)
  }

  /// Central Europe in 2026: an hour ahead of UTC, two from 29 March 01:00Z to 25 October 01:00Z.
  private static let berlin = ZoneRules(
    transitions: [time("2026-03-29T01:00:00Z"), time("2026-10-25T01:00:00Z")].map { $0 / 1_000_000_000 },
    offsets: [7200, 3600], initialOffset: 3600)

  private static func time(_ text: String) -> Int64 { EffectGateTests.time(text) }

  @Test(
    "In a time zone they open and close by its clock, on the days when that is put forward and back too",
    arguments: [
      ("2026-01-10T12:00:00Z", 22 * 60, 6 * 60, "2026-01-10T21:00:00Z", "2026-01-11T05:00:00Z"),
      ("2026-07-10T12:00:00Z", 22 * 60, 6 * 60, "2026-07-10T20:00:00Z", "2026-07-11T04:00:00Z"),
      // Seven hours long, and nine.
      ("2026-03-28T12:00:00Z", 22 * 60, 6 * 60, "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"),
      ("2026-10-24T12:00:00Z", 22 * 60, 6 * 60, "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"),
      // 02:00 to 03:00 is skipped, and later comes twice: it closes when the clock shows the end for the first time.
      ("2026-03-28T12:00:00Z", 2 * 60 + 10, 2 * 60 + 50, "2026-03-29T01:10:00Z", "2026-03-29T01:50:00Z"),
      ("2026-03-28T12:00:00Z", 2 * 60 + 30, 3 * 60, "2026-03-30T00:30:00Z", "2026-03-30T01:00:00Z"),
      ("2026-10-24T12:00:00Z", 1 * 60, 2 * 60 + 30, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
    ])
  func summerTime(from: String, start: Int, end: Int, opens: String, closes: String) throws {
    let window = MaintenanceWindow(days: [], start: start, end: end, zone: Self.berlin, named: "Europe/Berlin")
    let opening = try #require(window.opens(after: Self.time(from)))
    #expect(Timestamp.text(opening).prefix(20) == opens.prefix(19) + ".")
    #expect(window.closes(after: opening) == Self.time(closes))
    #expect(window.closes(after: opening - 1) == nil && window.closes(after: Self.time(closes)) == nil)
    #expect(window.description.hasSuffix(" Europe/Berlin"))
  }

  @Test("Equal ends make a whole day, no days mean every day")
  func wholeDays() {
    let always = MaintenanceWindow(start: 0, end: 0)
    let sunday = MaintenanceWindow(days: [.sunday], start: 0, end: 0)
    for hour in 0..<(24 * 14) {
      let time = EffectGateTests.time("2026-11-20T00:00:00Z") + Int64(hour) * Policy.hour
      #expect(always.closes(after: time) != nil)
      #expect((sunday.closes(after: time) != nil) == (hour / 24 % 7 == 2))
    }
  }

  @Test("Next opening and closing agree with looking at every minute", arguments: [1, 2, 3] as [UInt64])
  func oracle(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<4 {
      var days: Set<MaintenanceWindow.Day> = []
      for day in MaintenanceWindow.Day.allCases where random.chance(3) { days.insert(day) }
      let window = MaintenanceWindow(
        days: days, start: random.below(1440), end: random.below(1440), offset: random.below(2879) - 1439)
      // Also before 1970, where a remainder is negative.
      let start =
        (Int64(random.below(2_000_000_000)) - 1_000_000_000) * Timestamp.second / Policy.minute * Policy.minute
      var wasOpen = window.closes(after: start) != nil
      var next = window.opens(after: start)
      for minute in 1...(8 * 1440) {
        let time = start + Int64(minute) * Policy.minute
        let isOpen = window.closes(after: time) != nil
        if isOpen, !wasOpen { #expect(next == time, "seed \(seed), \(window)") }
        if next == time { next = window.opens(after: time) }
        if let closes = window.closes(after: time) { #expect(closes > time && window.closes(after: closes - 1) != nil) }
        wasOpen = isOpen
      }
    }
  }

  @Test("The edges of time neither trap nor open")
  func edges() {
    for time in [Int64.min, .min + 1, .max - 1, .max] {
      let window = MaintenanceWindow(days: [.monday], start: 60, end: 50, offset: 1439)
      _ = window.closes(after: time)
      _ = window.opens(after: time)
    }
  }

  @Test("They are written as people read them")
  func text() {
    #expect(
      MaintenanceWindow(days: [.tuesday, .monday], start: 540, end: 1020, offset: 60).description
        == "mon, tue 09:00–17:00 UTC+01:00")
    #expect(MaintenanceWindow(start: 0, end: 0).description == "daily 00:00–00:00 UTC")
    #expect(MaintenanceWindow(start: 5, end: 65, offset: -330).description == "daily 00:05–01:05 UTC-05:30")
  }
}

@Suite("Deciding alone in an emergency")
struct BreakGlassTests {
  func decide(_ name: String, reason: String = "INC-7", open: [String] = [], _ glass: Policy.BreakGlass?)
    -> BreakGlassDecision
  {
    var policy = Policy.standard
    policy.breakGlass = glass
    return BreakGlassDecision(
      policy: policy, people: SampleElection.people, name: name, reason: reason, openReviews: open)
  }

  @Test("Only approvers whom the policy names may, with a reason, and not while a review is open")
  func decision() {
    let glass = Policy.BreakGlass(users: ["ivo", "ada"], groups: ["sre"])
    #expect(decide("ivo", glass) == .allowed && decide("mara", glass) == .allowed && decide("tk", glass) == .allowed)
    #expect(decide("ivo", nil) == .notConfigured)
    #expect(decide("solo", glass) == .notNamed("solo"))
    #expect(decide("ada", glass) == .notPermitted(.notApprover("ada")))
    #expect(decide("gone", glass) == .notPermitted(.disabled("gone")))
    #expect(decide("token:ci", glass) == .notPermitted(.unknown("token:ci")))
    #expect(decide("ivo", reason: " \t", glass) == .reasonMissing)
    #expect(decide("ivo", open: ["r-1", "r-2"], glass) == .reviewOpen(run: "r-1"))
  }

  @Test("Nobody reviews what they decided themselves, under whatever name")
  func review() {
    let people = SampleElection.people
    #expect(BreakGlassDecision.mayReview("mara", of: "ivo", people: people))
    #expect(!BreakGlassDecision.mayReview("mara@example.org", of: "mara", people: people))
    #expect(!BreakGlassDecision.mayReview("ada", of: "mara", people: people))
    #expect(!BreakGlassDecision.mayReview("nobody", of: "mara", people: people))
  }
}
