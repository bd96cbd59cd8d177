import Testing

@testable import StellaEngine

@Suite("When it is looked for what people said")
struct RoundScheduleTests {
  @Test("A round that skips the look is followed by one in time for it")
  func looks() {
    let second = RoundSchedule.interval
    var schedule = RoundSchedule()
    #expect(schedule.isRoundDue(at: 0) && schedule.isLookDue(at: 0))
    schedule.looked(at: 0)
    schedule.ranRound(at: 0)
    #expect(schedule.nextRound == second)
    // Somebody decided something: a round comes early, and it isn't looked.
    let early = second - 10_000_000
    #expect(!schedule.isRoundDue(at: early) && !schedule.isLookDue(at: early))
    schedule.ranRound(at: early)
    #expect(schedule.isRoundDue(at: second) && schedule.isLookDue(at: second))
    // A look that failed is due, and the rounds don't stop.
    schedule.ranRound(at: 3 * second)
    #expect(schedule.nextRound == 3 * second)
  }
}
